//! The items that are written, and that `judge` takes them.

use serde_json::json;

use super::scene::{GenerationScene, prompt};
use crate::support::server::Answer;

#[test]
fn an_item_has_the_response_of_each_system_and_how_it_was_made() {
    let scene = GenerationScene::echoing(3);
    let price = "{ input_per_million = 1.0, output_per_million = 10.0 }";
    scene.settings(&[("plain", &[("price", price)]), ("brief", &[("prompt", "\"brief.j2\"")])]);
    let said = scene.generate(&["--format", "json"]).expect(0).json_lines().remove(0);
    let items = scene.items();
    let ids: Vec<&str> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["q-001", "q-002", "q-003"]);
    assert_eq!(
        items[1]["responses"],
        json!({
            "brief": "model-of-brief | system: Be brief. | user: Question q-002",
            "plain": "model-of-plain | user: Question q-002",
        })
    );
    let mut made = items[1]["generated"]["plain"].clone();
    assert!(made["latency_ms"].as_f64().unwrap() > 0.0);
    made.as_object_mut().unwrap().remove("latency_ms");
    // 100 tokens at 1 USD and 20 at 10 USD per million.
    assert_eq!(
        made,
        json!({
            "model": "model-as-served", "finish_reason": "stop", "prompt_tokens": 100, "completion_tokens": 20,
            "cost": 0.0003,
        })
    );
    assert!(items[1]["generated"]["brief"].get("cost").is_none(), "it has no price");
    assert_eq!([&said["items"], &said["left_out"], &said["requests"]], [3, 0, 6]);
    assert_eq!(said["to"], json!(["items.jsonl"]));
    let plain = &said["systems"][0];
    assert_eq!(
        (&plain["system"], &plain["planned"], &plain["responded"]),
        (&json!("plain"), &json!(3), &json!(3))
    );
    assert!((plain["cost"].as_f64().unwrap() - 0.0009).abs() < 1e-12);
    assert_eq!([&plain["prompt_tokens"], &plain["completion_tokens"]], [300, 60]);
}

#[test]
fn what_an_item_has_is_kept_and_no_system_sees_the_reference() {
    let scene = GenerationScene::echoing(0);
    let mut item = prompt(1, "");
    item["reference"] = json!("SECRET");
    item["context"] = json!({ "locale": "de" });
    item["tags"] = json!({ "product": "billing" });
    item["responses"] = json!({ "human": "An answer of a person." });
    scene.prompts([item.clone()]);
    scene.generate(&[]).expect(0);
    let written = scene.items().remove(0);
    for field in ["id", "prompt", "reference", "context", "tags"] {
        assert_eq!(written[field], item[field], "{field}");
    }
    assert_eq!(written["responses"]["human"], "An answer of a person.");
    assert_eq!(written["responses"].as_object().unwrap().len(), 3);
    assert!(scene.server.seen().iter().all(|seen| !seen.body.to_string().contains("SECRET")));
}

#[test]
fn the_items_are_judged_and_the_judge_sees_only_the_texts() {
    let scene = GenerationScene::new(2, |seen| match seen.model() {
        "judge" => Answer::says(r#"{"reasoning":"","criteria":{},"vote":"first"}"#),
        _ => Answer::says("A response."),
    });
    scene.generate(&[]).expect(0);
    let table =
        format!("[judges.j]\nmodel = \"judge\"\nbase_url = {:?}\n", scene.server.base_url());
    scene.folder.write("judge.toml", &table);
    let before = scene.server.requests();
    let judge = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "j",
        "--config",
        "judge.toml",
        "--inconclusive",
        "pass",
    ];
    let said = scene.folder.run(&judge).expect(0);
    assert!(said.stderr.contains("2 of 2 items have two equal responses"), "{}", said.stderr);
    let asked: String =
        scene.server.seen()[before..].iter().map(|seen| seen.body.to_string()).collect();
    for hidden in ["latency", "model-of-plain", "model-as-served", "plain", "brief"] {
        assert!(!asked.contains(hidden), "{hidden}");
    }
    // Not even a template of one's own can show it.
    let rubric = "name = \"own\"\ndescription = \"Which?\"\nprompt = \"own.j2\"\n";
    scene.folder.write("rubrics/own.toml", rubric);
    scene.folder.write("prompts/own.j2", "{% block user %}{{ item.generated }}{% endblock %}");
    let said = scene.folder.run(&["check", "items.jsonl", "--rubric", "own"]).expect(3);
    assert!(said.stderr.contains("prompts/own.j2:1"), "{}", said.stderr);
}

#[test]
fn each_sample_has_a_file_of_its_own() {
    let scene = GenerationScene::new(2, |seen| Answer::says(&format!("answer {}", seen.before)));
    let said = scene.generate(&["--samples", "3"]).expect(0);
    assert!(said.stderr.contains("plain: the temperature is 0"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 12);
    let files = ["items.jsonl", "items.2.jsonl", "items.3.jsonl"].map(|name| scene.items_in(name));
    for system in ["plain", "brief"] {
        let mut answers: Vec<_> =
            files.iter().map(|items| items[1]["responses"][system].as_str().unwrap()).collect();
        answers.sort_unstable();
        assert_eq!(answers, ["answer 0", "answer 1", "answer 2"], "each answer is in one file");
    }
    // More samples ask only for the further ones, fewer for none.
    scene.generate(&["--samples", "4"]).expect(0);
    assert_eq!(scene.server.requests(), 16);
    scene.generate(&[]).expect(0);
    assert_eq!(scene.server.requests(), 16);
}

#[test]
fn a_single_system_makes_items_too() {
    let scene = GenerationScene::echoing(2);
    scene.run(&["--system", "plain", "--to", "one.jsonl"]).expect(0);
    assert_eq!(scene.items_in("one.jsonl").len(), 2);
    // Its file is the prompts of the next one.
    let next = ["generate", "one.jsonl", "--system", "brief", "--to", "two.jsonl"];
    scene.folder.run(&next).expect(0);
    let items = scene.items_in("two.jsonl");
    assert_eq!(items[0]["responses"].as_object().unwrap().len(), 2);
    assert_eq!(items[0]["generated"].as_object().unwrap().len(), 2);
}

#[test]
fn a_table_of_prompts_is_read_and_tags_and_limits_choose_among_them() {
    let scene = GenerationScene::echoing(0);
    scene.folder.write("prompts.csv", "id,prompt\na,\"one, two\"\nb,three\n");
    let command = ["generate", "prompts.csv", "--system", "plain", "--to", "items.jsonl"];
    scene.folder.run(&command).expect(0);
    let prompts =
        || -> Vec<_> { scene.items().iter().map(|item| item["prompt"].clone()).collect() };
    assert_eq!(prompts(), ["one, two", "three"]);
    // A list of prompts is a table of one column.
    scene.folder.write("prompts.csv", "Prompt\nWhat, exactly?\n\"Two\nlines\"\n");
    scene.folder.run(&command).expect(0);
    assert_eq!(prompts(), ["What, exactly?", "Two\nlines"]);
    scene.folder.write("prompts.csv", "question\nWhich?\n");
    scene.folder.run(&[&command[..], &["--prompt-column", "question"]].concat()).expect(0);
    assert_eq!(prompts(), ["Which?"]);

    let tagged = (1..=20).map(|number| {
        let mut item = prompt(number, "");
        item["tags"] = json!({ "half": if number <= 10 { "first" } else { "second" } });
        item
    });
    scene.prompts(tagged);
    let ids = |flags: &[&str]| {
        scene.run(&[&["--system", "plain", "--to", "chosen.jsonl"], flags].concat()).expect(0);
        let ids = scene.items_in("chosen.jsonl").into_iter().map(|item| item["id"].to_string());
        ids.collect::<Vec<_>>()
    };
    let three = ids(&["--tag", "half=second", "--limit", "3"]);
    let five = ids(&["--tag", "half=second", "--limit", "5"]);
    assert_eq!((three.len(), five.len()), (3, 5));
    assert!(
        three.iter().all(|id| five.contains(id) && id.as_str() > "\"q-010\""),
        "{three:?} {five:?}"
    );
}

#[test]
fn a_price_that_is_given_later_is_that_of_all_responses() {
    let scene = GenerationScene::echoing(2);
    let flags = ["--system", "plain", "--to", "items.jsonl"];
    scene.run(&flags).expect(0);
    assert!(scene.items()[0]["generated"]["plain"].get("cost").is_none());
    for (price, cost) in [("1.0", 0.000_12), ("2.0", 0.000_22)] {
        let set = format!(
            "systems.plain.price = {{ input_per_million = {price}, output_per_million = 1.0 }}"
        );
        scene.run(&[&flags[..], &["--set", &set]].concat()).expect(0);
        let found = scene.items()[1]["generated"]["plain"]["cost"].as_f64().unwrap();
        assert!((found - cost).abs() < 1e-12, "{found}");
    }
    assert_eq!(scene.server.requests(), 2);
}

#[test]
fn only_named_columns_of_a_table_of_prompts_are_responses() {
    let scene = GenerationScene::echoing(0);
    scene.folder.write("prompts.csv", "id,prompt,topic,human\na,one,x,An answer.\n");
    let command = ["generate", "prompts.csv", "--system", "plain", "--to", "items.jsonl"];
    let said = scene.folder.run(&command).expect(0);
    let warning = "these columns are not used: topic, human";
    assert!(said.stderr.contains(warning), "{}", said.stderr);
    assert_eq!(scene.items()[0]["responses"].as_object().unwrap().len(), 1);
    scene.folder.run(&[&command[..], &["--response", "human"]].concat()).expect(0);
    let item = scene.items().remove(0);
    assert_eq!(item["responses"]["human"], "An answer.");
    assert_eq!(item["responses"].as_object().unwrap().len(), 2);
}
