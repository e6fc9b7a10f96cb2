#!/bin/sh
# A client as the published API describes its curl users: ocr.sh BASE TOKEN FILE FORMAT OUT.
set -eu
base=$1 token=$2 path=$3 format=$4 out=$5

field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

job=$(curl -s -H "Authorization: Bearer $token" -F "file=@$path" -F "tier=cpu" -F "language=auto" "$base/api/v1/ocr/")
uuid=$(printf %s "$job" | field uuid)
while case $(printf %s "$job" | field status) in pending | processing) true ;; *) false ;; esac; do
    sleep 0.5
    job=$(curl -s -H "Authorization: Bearer $token" "$base/api/v1/ocr/$uuid/")
done
printf %s "$job" | field markdown
curl -s -L -H "Authorization: Bearer $token" "$base/api/v1/ocr/$uuid/download/?format=$format" -o "$out"
