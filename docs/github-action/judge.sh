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

set -- --rubric "$RUBRIC" --run "$RUN" --quiet
[ -z "${MAX_COST:-}" ] || set -- "$@" --max-cost "$MAX_COST"
while IFS= read -r judge; do
  [ -z "$judge" ] || set -- "$@" --judge "$judge"
done <<JUDGES
$JUDGES
JUDGES
# The run of an earlier commit is another one where items, rubric or judge have changed: its replies are copied where the
# request is the same.
if [ -e "$RUN" ]; then
  mv "$RUN" "$RUN.before"
  set -- "$@" --reuse "$RUN.before"
fi

for _ in 1 2 3; do
  code=0
  # shellcheck disable=SC2086
  evenhand judge "$ITEMS" "$@" ${ARGUMENTS:-} >judged.txt || code=$?
  # Exit 5: what was answered is stored, so ask for the rest.
  [ "$code" -eq 5 ] || break
done
rm -f "$RUN.before"

# 8: no verdict was kept, which the report says too.
if [ "$code" -eq 0 ] || [ "$code" -eq 8 ]; then
  [ -z "${LABELS:-}" ] || set -- --labels "$LABELS"
  [ -n "${LABELS:-}" ] || set --
  code=0
  # shellcheck disable=SC2086
  evenhand report "$RUN" "$@" ${GATES:-} --format markdown >"$report" || code=$?
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$report" >>"$GITHUB_STEP_SUMMARY"
  [ -z "${GITHUB_OUTPUT:-}" ] || echo "report=$PWD/$report" >>"$GITHUB_OUTPUT"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  echo "code=$code" >>"$GITHUB_OUTPUT"
else
  exit "$code"
fi
