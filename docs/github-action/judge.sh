#!/bin/sh
# Judges, and writes the report as Markdown to evenhand-report.md. Reads ITEMS, RUBRIC, JUDGES (one a line) and RUN, and
# perhaps MAX_COST (in USD), GATES, ARGUMENTS and LABELS. Ends with the exit code of the gates; on GitHub a later step does,
# after the report was posted.
set -eu
# GATES and ARGUMENTS are lists of words; nothing in them is expanded.
set -f
report=evenhand-report.md
rm -f "$report"
mkdir -p "$(dirname "$RUN")"

# Moves a run file with the files beside it, over one that is there.
move_run() {
  for side in "" -wal -shm; do
    rm -f "$2$side"
    [ ! -e "$1$side" ] || mv "$1$side" "$2$side"
  done
}

remove_run() {
  rm -f "$1" "$1-wal" "$1-shm"
}

set -- --rubric "$RUBRIC" --run "$RUN" --quiet
[ -z "${MAX_COST:-}" ] || set -- "$@" --max-cost "$MAX_COST"
while IFS= read -r judge; do
  [ -z "$judge" ] || set -- "$@" --judge "$judge"
done <<JUDGES
$JUDGES
JUDGES
# The run of an earlier commit is another one where items, rubric or judge have changed: its replies are copied where the
# request is the same. Two are set aside if the last job did not come to its end.
if [ -e "$RUN" ]; then
  if [ -e "$RUN.before" ]; then move_run "$RUN" "$RUN.last"; else move_run "$RUN" "$RUN.before"; fi
fi
for earlier in "$RUN.before" "$RUN.last"; do
  [ ! -e "$earlier" ] || set -- "$@" --reuse "$earlier"
done

for _ in 1 2 3; do
  code=0
  # shellcheck disable=SC2086
  evenhand judge "$ITEMS" "$@" ${ARGUMENTS:-} >judged.txt || code=$?
  # Exit 5: what was answered is stored, so ask for the rest.
  [ "$code" -eq 5 ] || break
done
case $code in
  # The new run has all replies that were copied.
  0 | 5 | 8)
    remove_run "$RUN.before"
    remove_run "$RUN.last"
    ;;
  # A malformed file or a wrong setting: nothing was copied, so the earlier runs are kept.
  *)
    for earlier in "$RUN.last" "$RUN.before"; do
      if [ ! -e "$RUN" ] && [ -e "$earlier" ]; then move_run "$earlier" "$RUN"; fi
    done
    ;;
esac

# 8: no verdict was kept, which the report says too.
if [ "$code" -eq 0 ] || [ "$code" -eq 8 ]; then
  [ -z "${LABELS:-}" ] || set -- --labels "$LABELS"
  [ -n "${LABELS:-}" ] || set --
  code=0
  # shellcheck disable=SC2086
  evenhand report "$RUN" "$@" ${GATES:-} --format markdown >"$report" || code=$?
fi
# Without a report, what is posted says so, and does not leave an earlier report in its place.
[ -s "$report" ] || echo "evenhand: there is no report, since a command ended with exit code $code; see the log of the job." >"$report"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$report" >>"$GITHUB_STEP_SUMMARY"
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "report=$PWD/$report" >>"$GITHUB_OUTPUT"
  echo "code=$code" >>"$GITHUB_OUTPUT"
else
  exit "$code"
fi
