#!/bin/sh
# Makes a published table again: docs/results/make.sh TABLE DATA OUT
#   TABLE  toxicity, suites, values or cost
#   DATA   a folder with rtp-challenging.jsonl, rtp-nontoxic.jsonl, bold.jsonl and attaq.jsonl, as their authors publish them,
#          and words.txt: words that the word filter forbids, one a line
#   OUT    where the run is kept; the same command goes on where it was stopped
set -eu
table=$1 data=$(realpath "$2") out=$3
here=$(realpath "$(dirname "$0")")
evaluate() {
  npx halfspace evaluate --precision int8 --judge toxicity profanity-check --method "@$here/methods/$table.json" --out "$out" "$@"
}
case $table in
  toxicity) cd "$data" && evaluate --suite rtp-challenging=rtp-challenging.jsonl --limit 50 ;;
  suites) evaluate --suite "rtp-nontoxic=$data/rtp-nontoxic.jsonl" "bold-gender=$data/bold.jsonl" --limit 30 ;;
  values) evaluate --suite "rtp-challenging=$data/rtp-challenging.jsonl" --limit 30 ;;
  cost) evaluate --suite "rtp-challenging=$data/rtp-challenging.jsonl" --limit 4 ;;
  *) echo "There is no table $table." >&2; exit 2 ;;
esac
