#!/bin/sh
# A run of framecheck as an array job of Slurm, eight shards unless told, and a job that merges them
# when all have ended:
#
#   docs/scale/slurm.sh [SHARDS [OUT]]
#
# OUT is on a file system that all nodes see. It may have any characters but a line's end, % and \, which
# sbatch would take for more than a name. A shard that was preempted or whose node died is queued
# again and goes on where it was: --resume.
set -eu

shards=${1:-8}
out=${2:-$PWD/reports}
case $out in
*[%\\]* | *'
'*)
    printf '%s\n' "slurm.sh: OUT must not have %, \\ or a line's end in it: $out" >&2
    exit 2
    ;;
esac
mkdir -p "$out"

# A word as a shell reads it.
quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# A conformance failure, status 1, is a result: the merge tells it.
array=$(OUT=$out sbatch --parsable --requeue --job-name=framecheck --array="1-$shards" --cpus-per-task=2 \
    --output="$out/shard-%a.log" --export=ALL --wrap='
        framecheck run --shard auto --resume --out "$OUT/shard-$SLURM_ARRAY_TASK_ID" || [ $? = 1 ]')

merge="framecheck merge"
number=1
while [ "$number" -le "$shards" ]; do
    merge="$merge $(quoted "$out/shard-$number")"
    number=$((number + 1))
done
sbatch --job-name=framecheck-merge --dependency="afterany:$array" --kill-on-invalid-dep=yes \
    --output="$out/merge.log" --wrap="$merge --out $(quoted "$out/merged")"
