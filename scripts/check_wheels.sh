#!/usr/bin/env bash
# Both wheels, built into dist/, in a fresh environment outside the repository: the demo, the forge.
# PYTHON, TORCH and TORCH_INDEX as in the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"${PYTHON:-python3}" -m venv "$place/build"
"$place/build/bin/pip" install --quiet build
rm -rf dist
"$place/build/bin/python" -m build --outdir dist . >/dev/null
"$place/build/bin/python" -m build --outdir dist forge >/dev/null

"${PYTHON:-python3}" -m venv "$place/use"
pip() { "$place/use/bin/pip" install --quiet "$@"; }
pip --retries 0 --index-url "${TORCH_INDEX:-https://download.pytorch.org/whl/cpu}" "${TORCH:-torch}" 2>/dev/null \
|| pip "${TORCH:-torch}"
pip dist/*.whl

cp samples/coffee-mug.png samples/wine-bottle.png "$place"
cd "$place"
export PATH="$place/use/bin:$PATH"
python -c "import funcorr, funcorr_forge; from pathlib import Path
for package in (funcorr, funcorr_forge): assert Path('$place') in Path(package.__file__).parents
assert Path(funcorr.__file__).with_name('py.typed').is_file()"
funcorr match coffee-mug.png wine-bottle.png --function pour-with --out match
funcorr afford coffee-mug.png --action pour --out afford
funcorr assets forge --out assets --categories mug --per-category 1
for file in match/{matches,dense,parts}.png match/matches.{npz,json} afford/overlay.png; do
  test -s "$file"
done
du -h "$root"/dist/*
