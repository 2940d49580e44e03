#!/bin/sh
# A compiler that compiles the same text with the same words once, and gives a copy from then on.
set -eu
folder=$(dirname "$0")/../../../.pytest_cache/caches/compiled
before='' made='' text='' said=''
for word in "$@"; do
    case $before in
    -o) made=$word ;;
    *) case $word in *.c) text=$word ;; *) said="$said $word" ;; esac ;;
    esac
    before=$word
done
kept=$folder/$({ echo "$said"; cc --version; cat "$text"; } | sha256sum | cut -d ' ' -f 1)
if [ ! -f "$kept" ]; then
    mkdir -p "$folder"
    cc "$@"
    cp "$made" "$kept.$$"
    mv "$kept.$$" "$kept"
fi
cp "$kept" "$made"
