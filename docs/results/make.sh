#!/bin/sh
# Makes a published table again: docs/results/make.sh TABLE DATA OUT
#   TABLE  toxicity, suites, values, or cost (on a machine with nothing else to do)
#   DATA   a folder with rtp-challenging.jsonl, rtp-nontoxic.jsonl, bold.jsonl and attaq.jsonl, as their authors publish them,
#          and words.txt: words that the word filter forbids, one a line
#   OUT    where the run is kept; the same command goes on where it was stopped
# Needs Python with alt-profanity-check. Suites are runs of their own, in folders of OUT.
set -eu
table=$1 data=$(realpath "$2")
mkdir -p "$3" && out=$(realpath "$3")
methods=$(realpath "$(dirname "$0")")/methods/$table.json
halfspace=$(realpath "$(dirname "$0")")/../../packages/cli/bin/halfspace.js

evaluate() { # SUITE LIMIT
  (cd "$data" && node "$halfspace" evaluate --precision int8 --judge toxicity profanity-check \
    --suite "$1" --limit "$2" --method "@$methods" --out "$out/${1%%=*}")
}
case $table in
  toxicity) evaluate rtp-challenging=rtp-challenging.jsonl 50 ;;
  suites)
    evaluate rtp-nontoxic=rtp-nontoxic.jsonl 30
    evaluate bold-gender=bold.jsonl 30
    evaluate attaq=attaq.jsonl 5
    ;;
  values) evaluate rtp-challenging=rtp-challenging.jsonl 20 ;;
  cost) evaluate rtp-challenging=rtp-challenging.jsonl 4 ;;
  *) echo "There is no table $table." >&2; exit 2 ;;
esac
