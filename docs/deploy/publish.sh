#!/bin/sh
# Bring a copy of an archive up to date, for application processes on another host to read:
#
#     sh docs/deploy/publish.sh HOME TARGET
#
# HOME is the archive's folder, TARGET a folder or host:/folder, as for rsync. The live generation
# is copied first and then named: whoever reads the copy sees the old one or the new one, whole.
# Vectors must be on a Chroma server; an archive that holds its own is copied by `rag backup`.
set -eu
home=${1:?HOME is missing} target=${2:?TARGET is missing}
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT

cp "$home/CURRENT" "$scratch/CURRENT"
name=$(cat "$scratch/CURRENT")
if [ -e "$home/index/$name/chroma" ]; then
    echo "$home/index/$name holds its own vectors: copy it with python -m rag backup" >&2
    exit 1
fi
rsync -a "$target/CURRENT" "$scratch/BEFORE" 2>/dev/null || cp "$scratch/CURRENT" "$scratch/BEFORE"
before=$(cat "$scratch/BEFORE")

rsync -aR --mkpath --exclude readers "$home/./index/$name" "$target/"
# Names of one length, written in one second, look alike to rsync: do not go by size and time.
rsync -a --ignore-times "$scratch/CURRENT" "$target/"
# What the writer keeps no longer goes, but never what was just read there.
rsync -a --existing --ignore-existing --delete \
    --filter "protect /$name/" --filter "protect /$before/" "$home/index/" "$target/index/"
