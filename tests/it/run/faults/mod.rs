//! Faults of the server, the connection and the machine, and what the program does about each.
//!
//! No committed reply is lost or requested again. A trial that failed for a transient reason is retried by
//! the same command. A test that is not in this folder is in the file of its subject.
//!
//! # The connection
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | refused | `cannot connect to the endpoint: … refused`, and to check that the server is running | 4 | pending; the error | `a_refused_connection_leaves_the_trials_pending` |
//! | the server becomes unreachable during the run | `the endpoint can no longer be reached`, after `total_timeout_s` | 5 | what was answered; the rest pending | `a_server_that_becomes_unreachable_leaves_an_incomplete_run` |
//! | detected once, not for each trial | the same, after `max_attempts` tries in all | 4 | pending | `an_unreachable_endpoint_is_detected_once_for_all_trials` |
//! | an unknown host name | `… dns error …` | 4 | pending; the error | `an_unknown_host_name_leaves_the_trials_pending` |
//! | https to a server without TLS | `… InvalidContentType` | 4 | pending; the error | `a_server_without_tls_leaves_the_trials_pending` |
//! | an untrusted certificate | `… UnknownIssuer …`, and to set `SSL_CERT_FILE` | 4 | pending; the error | `a_certificate_of_an_unknown_authority_is_an_error_that_names_ssl_cert_file` |
//! | reset before an answer | `the request failed: … reset`, retried | 5 | failed; the last error | `a_connection_reset_before_an_answer_is_retried` |
//! | reset in the middle of a body | `the answer ended early: …`, retried | 5 | failed; each attempt with the received part | `a_connection_reset_in_the_middle_of_a_body_is_retried` |
//! | a body shorter than its length | the same | 5 | the same | `a_body_that_ends_early_is_retried` |
//! | a half-written chunk | the same | 5 | the same | `a_half_written_chunk_is_retried` |
//! | closed between two requests | nothing | 0 | kept; no attempt is used | `a_connection_that_the_server_closes_between_two_requests_costs_no_attempt` |
//! | kept open by the server | nothing | 0 | kept; connections are used again | `a_connection_that_the_server_keeps_is_reused` |
//!
//! # Time
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | missing headers | `no answer within 2.0 s`, retried | 5 | failed; the last error | `missing_headers_time_out` |
//! | a body byte by byte | the same | 5 | the same | `a_body_sent_byte_by_byte_times_out` |
//! | an answer after `timeout_s` | nothing | 0 | the reply of the second attempt | `a_request_that_times_out_is_retried` |
//! | 503 for a minute | nothing | 0 | kept | `a_minute_of_requested_waits_fails_no_trial` |
//! | unreachable, then an error for each request | nothing | 0 | kept: waiting uses up no attempt | `waiting_for_an_unreachable_server_uses_no_attempt` |
//! | each request is refused twice | nothing | 0 | kept: the refused go first | `a_run_completes_if_every_request_is_refused_twice_since_refused_ones_go_first` |
//! | 500 for a minute | nothing | 0 | kept | `a_minute_of_errors_is_survived_by_sending_fewer_and_fewer_requests` |
//! | 500 for ten minutes | `… comparisons failed` | 5 | trials in flight have failed; retried by the next command | `ten_minutes_of_errors_fail_trials_without_attempts_left_and_the_same_command_resumes` |
//! | out of reach for a minute | `waiting 7 s: cannot connect to the endpoint: …` | 0 | kept | `a_minute_out_of_reach_fails_no_trial_if_the_server_has_answered_before` |
//! | out of reach for longer than `total_timeout_s` | `the endpoint can no longer be reached` | 5 | the rest is pending; asked by the next command | `a_server_that_stays_unreachable_leaves_trials_pending_and_the_same_command_resumes` |
//! | `retry-after` as a date, our clock years off | nothing: computed from the server's own `date` | 0 | kept | `a_requested_wait_is_observed_and_uses_no_attempt` |
//! | the clock jumps between two commands | nothing | 0 | `created` is the time of the first | `a_clock_jump_of_years_between_two_commands_changes_nothing` |
//! | the clock jumps during a command | nothing: the library reads none |  |  | `the_library_neither_prints_nor_exits_nor_reads_environment_or_clock` |
//!
//! # Answers
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | 200 with an error object, empty, HTML, other JSON, gzip noise, two lengths, a header of 1 MB, more than 32 MiB | what it is, retried | 5 | failed; the reason, and the beginning of the body where one could be read | `an_unusable_answer_is_retried_and_stored_with_the_reason` |
//! | the same, temporarily | nothing | 0 | kept; `retried`, then `reply` | `a_transient_error_costs_no_verdict` |
//! | 200 with the error of an upstream server | as that error | 0 | failed after 400, else kept | `a_success_that_carries_an_error_is_treated_as_that_error` |
//! | an error of the Messages API, with status 500 or 200, or a stream that was not asked for | nothing | 0 | kept; `retried`, then `reply` | `an_unusable_answer_of_the_messages_api_is_retried` |
//! | JSON as text/plain | nothing: read as JSON, whatever its type | 0 | kept | `replies_that_deviate_from_the_documented_shape_are_read` |
//! | 100 and 103 before the answer | nothing | 0 | kept | `interim_answers_are_ignored` |
//! | the same content length twice | nothing | 0 | kept | `an_equal_content_length_given_twice_is_accepted` |
//! | a reply of 10 MB | nothing | 0 | the whole reply | `a_reply_of_ten_megabytes_is_read_and_stored_whole` |
//! | a redirect | `HTTP 301, a redirect to …`; not followed, the key goes nowhere | 4 | pending | `a_redirect_is_not_followed_and_the_key_is_sent_nowhere_else` |
//!
//! # Refusals
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | a parameter is not supported | nothing | 0 | kept; the second command sends the supported request from the start | `a_server_without_schema_support_is_sent_no_schema_after_its_refusal` |
//! | the same, `max_completion_tokens` | nothing | 0 | the same, other runs that reuse it too | `max_completion_tokens_is_learnt_once_and_kept_by_the_run_and_by_runs_that_reuse_it` |
//! | 401, 403, 404, no credit, in the middle | what the server says, and to check key, model and `base_url` | 4 | what was answered; the rest pending, and only the rest is asked by the next command | `an_endpoint_that_refuses_everything_stops_its_judge_and_nothing_is_lost` |
//! | 413, context length | `… comparisons failed (first error: …)` | 0 | failed; others kept; not asked again without `--retry-failed` | `a_permanently_refused_request_fails_alone` |
//! | 400 for every request | `no request has succeeded` and why | 4 | pending | `a_run_in_which_no_request_succeeds_exits_with_4` |
//! | the same in the next command | the same | 4 | the same | `a_run_whose_every_request_was_refused_permanently_exits_with_an_error_again` |
//! | 429 for a while, with and without `retry-after` | nothing | 0 | kept, with every refusal; no attempt is used | `many_refusals_with_and_without_retry_after_use_no_attempt` |
//! | 429 or 503 and nothing else | `the endpoint asks every request to wait` | 4 | pending | `an_endpoint_that_only_throttles_stops_its_judge` |
//! | a requested wait longer than `total_timeout_s` | `the endpoint asks to wait 3600 s` | 5, or 4 without any reply | the rest pending | `a_retry_after_beyond_total_timeout_stops_the_judge_and_leaves_the_rest_pending` |
//! | 529, 429 or an overload with status 200 from the Messages API | nothing | 0 | kept; no attempt is used | `an_overloaded_messages_server_is_waited_for_whatever_the_status` |
//! | a wrong key at the Messages API, even with status 200 | what the server says, after few requests | 4 | pending | `a_wrong_key_of_the_messages_api_stops_the_judge_after_few_requests` |
//! | `max_tokens` above what the model allows, which the Messages API requires | nothing | 0 | kept; the limit is lowered and learnt | `a_larger_max_tokens_than_the_model_allows_is_lowered_and_never_left_out` |
//! | a temperature or a forced tool beside thinking | nothing | 0 | kept, read from the text | `what_cannot_be_sent_beside_thinking_is_left_out_after_a_refusal` |
//! | 500 for a while | `18 of 20 comparisons failed`, `incomplete` | 5 | failed, every attempt; asked again next time | `persistent_server_errors_use_all_attempts_and_the_same_command_retries` |
//!
//! # Whose fault a refusal is
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | one prompt gets 400, 401, 403, 404, 418, 451, or 429 as too large, each time | `1 of 30 comparisons failed` and the sentence | 0 | failed; others kept | `one_prompt_that_is_always_refused_fails_alone` |
//! | one prompt gets 429 or 503 each time | the same | 5 | failed; others kept; asked again by the same command | `one_prompt_that_is_always_throttled_fails_and_keeps_nobody_waiting` |
//! | the first item gets 503 each time | the same | 5 | the same | `a_first_item_that_never_succeeds_keeps_nobody_waiting` |
//! | no credit, said with 400, 402, 403 or 429 | the sentence, within a handful of requests | 4 | pending | `an_account_without_credit_stops_the_judge_and_the_same_command_resumes` |
//! | credit runs out in the middle, said with 400 | the sentence, after 20 trials | 5 | what was answered; the rest pending | `credit_that_runs_out_in_the_middle_leaves_the_rest_pending` |
//! | the same while replies to earlier requests still arrive | the sentence | 5 | what was answered; the rest pending | `late_replies_to_earlier_requests_blame_no_trial_for_a_closed_account` |
//! | a wrong key or model, in every form | the sentence, within a handful of requests | 4 | pending | `a_wrong_key_or_address_costs_a_handful_of_requests` |
//! | every trial refused in the same words | the sentence, after 20 trials | 4 | pending | `refusals_in_the_same_words_stop_the_judge_after_twenty_trials` |
//! | the same in other words each time | a sentence, after 40 trials | 4 | pending | `refusals_in_other_words_each_time_stop_the_judge_after_forty_trials` |
//! | a trial refused in several words | a sentence, after 40 trials | 4 | pending | `a_trial_that_is_refused_in_several_words_counts_once` |
//! | several items refused | their number, and the ids of the first | 0 | failed | `warnings_count_failed_items_and_name_the_first` |
//! | refused trials of an earlier command | nothing | 0 | asked last | `what_was_refused_is_asked_last_by_the_next_command` |
//! | no reply can be read | `could be read`, after 20 trials | 4 | unparsed; the rest pending | `a_judge_without_one_readable_reply_stops_after_about_twenty_trials` |
//! | few replies can be read | a warning | 0 | unparsed | `unreadable_replies_stop_no_judge_that_has_given_a_readable_one` |
//! | every answer is a success without a completion | what it says, after 20 trials | 4 | pending | `a_success_that_is_never_a_completion_stops_the_judge` |
//! | a part of all requests gets 401 | nothing | 0 | kept | `a_server_that_refuses_a_part_of_all_requests_is_not_left` |
//!
//! # Replicas
//!
//! | fault of one of several servers | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | none | nothing | 0 | kept | `both_orders_of_an_item_reach_the_same_replica_and_all_replicas_are_used` |
//! | refused from the start | at the end, the replica and its sentence | 0 | kept; no attempt is used | `a_replica_that_is_refused_from_the_start_is_left_and_named_at_the_end` |
//! | it dies in the middle | the same | 0 | kept; nothing is asked twice that was answered | `a_replica_that_dies_in_the_middle_loses_nothing_and_its_items_move` |
//! | 500 from some time on | the same | 0 | kept; each refusal | `a_replica_that_answers_500_from_some_time_on_loses_nothing` |
//! | it hangs | the same, after `timeout_s` | 0 | kept; no attempt is used | `a_replica_that_hangs_is_left_after_timeout_s_and_loses_nothing` |
//! | 502 while it starts | nothing | 0 | kept; it is used again | `a_replica_that_comes_back_is_used_again` |
//! | 429 with a long `retry-after`, an empty quota | as if it had failed | 0 | kept; nobody waits | `a_replica_that_asks_to_wait_keeps_nobody_else_waiting` |
//! | a wrong model or key | the replica and what it says | 0 | kept; each refusal | `a_replica_with_another_model_or_key_is_left_and_named_at_the_end` |
//! | all answer one prompt with 500 | `1 of 30 comparisons failed` | 5 | failed; others kept | `one_prompt_that_every_replica_answers_with_an_error_fails_alone` |
//! | all refused | as one server | 4 | pending | `replicas_that_are_all_out_of_reach_are_an_unreachable_endpoint` |
//! | all answer 503 from some time on | as one server | 5 | what was answered; the rest pending | `replicas_that_all_die_leave_an_incomplete_run_that_the_same_command_completes` |
//! | a wrong key for all | what they say, within a handful of requests | 4 | pending | `a_wrong_key_for_all_replicas_costs_a_handful_of_requests` |
//!
//! # Negotiation
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | temperature, the limit, the schema, the system role, whole answers or a field of `extra` not accepted, with 400, 404 or 422 | what requests were sent without | 0 | kept; the second command sends the accepted form from the start | `what_a_server_does_not_accept_is_left_out_and_learnt_once` |
//! | no system role | `has no system role` | 0 | kept | `the_system_text_goes_in_front_of_the_users_where_a_model_has_no_system_role` |
//! | the same, known before | nothing | 0 | kept | `merge_system_asks_without_a_system_role_from_the_start` |
//! | one prompt is rejected in words that name a parameter | its failure | 0 | failed; nothing is learnt | `one_rejection_that_names_a_parameter_changes_no_other_request` |
//! | one prompt leaves less room for the reply | nothing | 0 | kept | `one_prompt_that_leaves_less_room_gets_a_shorter_limit_alone` |
//! | fewer log probabilities, or none | `rejects logprobs` if none | 0 | kept | `fewer_log_probabilities_are_asked_for_where_the_server_has_fewer` |
//! | 400 `json_validate_failed` | nothing | 0 | kept, still by schema | `json_that_the_server_could_not_generate_is_asked_for_again_by_schema` |
//! | 408, 409, 421, 424, 425, 499, 5xx | nothing | 0 | kept | `passing_statuses_are_asked_again` |
//! | an unknown 4xx | its failure | 0 | failed after one more request | `an_unknown_refusal_is_asked_once_more_after_successes` |
//! | a run of a version with another default | nothing | 0 | resumed with it | `a_run_begun_with_an_earlier_default_of_max_tokens_resumes_with_it` |
//! | a model that accepts neither temperature nor limit, known before | nothing; `--max-cost` needs a limit | 0, 3 | kept | `none_leaves_temperature_and_limit_to_the_server` |
//!
//! # Forms of answers
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | `text`, content parts, a stream, Ollama's own form, `NaN`, half a surrogate pair, reasoning apart | nothing | 0 | kept | `a_completion_is_read_in_every_known_form` |
//! | invalid UTF-8 | nothing | 0 | kept, with U+FFFD | `invalid_utf8_in_an_answer_is_replaced` |
//! | a stream ends early | the reason | 0 | unparsed | `a_stream_that_ends_early_is_no_vote` |
//! | an error within a stream | nothing | 0 | as that error, then kept | `an_error_within_a_stream_is_that_error` |
//! | reasoning and cached tokens | their price | 0 | kept | `reasoning_and_cached_tokens_are_counted_and_priced` |
//! | the prompt is cut without a word | the numbers, and `num_ctx` | 0 | kept | `prompts_that_a_server_cuts_without_saying_so_are_reported_with_the_numbers` |
//! | the delay is in the body alone | nothing | 0 | kept | `a_delay_in_the_body_is_observed` |
//!
//! # The machine
//!
//! | fault | what the user sees | exit | run file | test |
//! | --- | --- | --- | --- | --- |
//! | the disk is full | `the disk is full`, and that the same command resumes the run | 7 | what was committed; nothing of it is retried | `a_full_disk_keeps_committed_replies_and_the_same_command_resumes_when_there_is_room` |
//! | the file is at its size limit | `the run file cannot be read or written`, and the same | 7 | the same | `a_file_at_its_size_limit_keeps_committed_replies` |
//! | a read-only disk | `the run file cannot be written: Read-only …`, and another `--run` | 7 | can be read; nothing is asked | `a_read_only_disk_is_an_error_before_the_first_request_and_its_run_can_be_read` |
//! | a read-only file and folder | the same | 7 | the same | `a_read_only_run_can_be_read_and_judging_it_is_an_error` |
//! | a second process on the run | `another process is writing this run` | 7 | can be read | `a_second_writer_is_refused_and_a_reader_is_not` |
//! | kill -9, twenty times |  | 137 | every committed reply; none is retried | `a_run_killed_many_times_ends_like_an_uninterrupted_one` |
//! | kill -9 while the file is made |  | 137 | a run that can be started | `a_run_killed_while_its_file_is_created_can_be_read_and_started` |
//! | SIGINT, SIGTERM | `interrupted: …`, and that the same command resumes the run | 130, 143 | requests in flight finish | `a_signal_lets_requests_in_flight_finish_and_the_same_command_sends_the_others` |
//! | stdout's reader goes away | nothing | 0 | everything | `a_closed_reader_of_stdout_causes_no_panic` |
//! | stderr's reader goes away |  | 0 | everything | `a_closed_reader_of_stderr_causes_no_panic` |
//! | stdout or stderr closed from the start |  | 0 | everything | `a_command_with_closed_stdout_or_stderr_completes_the_run` |
//! | stdout on a full disk | `stdout: No space left` | 1 | everything | `stdout_on_a_full_disk_is_an_error_and_the_replies_are_stored` |

mod answer;
mod blame;
mod connection;
mod machine;
mod negotiation;
mod outage;
mod refusal;
mod replicas;
mod shapes;
mod slow;

use std::path::PathBuf;

use crate::architecture::rust_files;

/// Returns the names of the tests in a file.
fn tests_in(path: &std::path::Path) -> Vec<String> {
    let code = std::fs::read_to_string(path).unwrap();
    let test =
        regex::Regex::new(r"(?s)#\[(?:tokio::)?test[^\n]*\n(?:[^\n]*\n)?\s*(?:async )?fn (\w+)")
            .unwrap();
    test.captures_iter(&code).map(|hit| hit[1].to_owned()).collect()
}

#[test]
fn the_table_of_faults_names_every_test_and_no_other() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let mut files = Vec::new();
    rust_files(&tests, &mut files);
    let (here, elsewhere): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|path| path.starts_with(tests.join("run/faults")));
    let tests_of = |paths: &[PathBuf]| -> Vec<String> {
        paths.iter().flat_map(|path| tests_in(path)).collect()
    };
    let (elsewhere, here) = (tests_of(&elsewhere), tests_of(&here));
    let named = |row: &str| row.rsplit('|').nth(1)?.trim().strip_prefix('`').map(ToOwned::to_owned);
    let rows = include_str!("mod.rs").lines().filter(|line| line.starts_with("//! |"));
    let named: Vec<String> = rows.filter_map(named).map(|name| name.replace('`', "")).collect();
    assert!(named.len() > 40, "{}", named.len());
    for name in &named {
        assert!(here.contains(name) || elsewhere.contains(name), "there is no test {name}");
    }
    for name in here.iter().filter(|name| !name.starts_with("the_table_of_faults")) {
        assert!(named.contains(name), "no row of the table names {name}");
    }
}
