#!/bin/sh
# A run of framecheck as an array job of Slurm, eight shards unless told, and a job that merges them
# when all have ended:
#
#   docs/scale/slurm.sh [SHARDS [OUT]]
#
# OUT is on a file system that all nodes see. A shard that was preempted or whose node died is queued
# again and goes on where it was: --resume.
set -eu

shards=${1:-8}
out=${2:-$PWD/reports}
mkdir -p "$out"

# A conformance failure, status 1, is a result: the merge tells it.
array=$(sbatch --parsable --requeue --job-name=framecheck --array="1-$shards" --cpus-per-task=2 \
    --output="$out/shard-%a.log" --export="ALL,OUT=$out" --wrap='
        framecheck run --shard auto --resume --out "$OUT/shard-$SLURM_ARRAY_TASK_ID" || [ $? = 1 ]')

set --
number=1
while [ "$number" -le "$shards" ]; do
    set -- "$@" "$out/shard-$number"
    number=$((number + 1))
done
quoted=$(printf " '%s'" "$@")
sbatch --job-name=framecheck-merge --dependency="afterany:$array" --kill-on-invalid-dep=yes \
    --output="$out/merge.log" --wrap="framecheck merge$quoted --out '$out/merged'"
