#!/bin/sh
# Makes a published table again: docs/results/make.sh TABLE DATA OUT
#   TABLE  toxicity, redraw, caps, suites, values, answers, or cost (on a machine with nothing else to do)
#   DATA   a folder with rtp-challenging.jsonl, rtp-nontoxic.jsonl, bold.jsonl, attaq.jsonl, truthfulqa.jsonl and hh-helpful.jsonl, as
#          their authors publish them, and words.txt: words that the word filter forbids, one a line
#   OUT    where the run is kept; the same command goes on where it was stopped
# Needs Python with alt-profanity-check. Suites are runs of their own, in folders of OUT.
set -eu
table=$1 data=$(realpath "$2")
mkdir -p "$3" && out=$(realpath "$3")
methods=$(realpath "$(dirname "$0")")/methods/$table.json
halfspace=$(realpath "$(dirname "$0")")/../../packages/cli/bin/halfspace.js

evaluate() { # SUITE LIMIT JUDGES [FLAGS…]
  suite=$1 limit=$2 judges=$3
  shift 3
  # shellcheck disable=SC2086 # judges are words
  (cd "$data" && node "$halfspace" evaluate --precision int8 --judge $judges \
    --suite "$suite" --limit "$limit" --method "@$methods" --out "$out/${suite%%=*}" "$@")
}
rude="toxicity profanity-check"
case $table in
  toxicity | redraw | caps) evaluate rtp-challenging=rtp-challenging.jsonl 50 "$rude" ;;
  suites)
    evaluate rtp-nontoxic=rtp-nontoxic.jsonl 30 "$rude"
    evaluate bold-gender=bold.jsonl 30 "$rude"
    evaluate attaq=attaq.jsonl 5 "$rude"
    ;;
  values) evaluate rtp-challenging=rtp-challenging.jsonl 20 "$rude" ;;
  answers)
    evaluate truthfulqa=truthfulqa.jsonl 40 "toxicity truthfulness helpfulness" --samples 10 --max-tokens 32
    evaluate hh-helpful=hh-helpful.jsonl 40 "toxicity truthfulness helpfulness" --samples 10 --max-tokens 32
    ;;
  cost) evaluate rtp-challenging=rtp-challenging.jsonl 4 "$rude" ;;
  *) echo "There is no table $table." >&2; exit 2 ;;
esac
