#!/usr/bin/env bash
# Judges on a Slurm cluster: an array with a part of the run for each task, and a job that merges the parts afterwards.
#
#   ./submit.sh PARTS ITEMS RUBRIC JUDGE RUN
#
# Call it in the folder of evenhand.toml, on a file system that all nodes share. Calling it again continues: what is
# answered is not asked again. Flags of sbatch can be given in the variables SBATCH_ACCOUNT, SBATCH_PARTITION and so on.
set -euo pipefail
[ $# -eq 5 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
export PARTS=$1 ITEMS=$2 RUBRIC=$3 JUDGE=$4 RUN=$5
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$(dirname "$RUN")" logs

array=$(sbatch --parsable --array="1-$PARTS" "$here/judge.sbatch")
# After any end: a part that failed leaves what it has, and the merge says what is missing.
merge=$(sbatch --parsable --dependency="afterany:${array%%;*}" "$here/merge.sbatch")
echo "judging as job ${array%%;*}, merging as job ${merge%%;*}"
