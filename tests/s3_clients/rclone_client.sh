#!/usr/bin/env bash
# rclone, with the key of a web identity session: copy, check, sync, move, serve links, remove.
set -euo pipefail

export RCLONE_CONFIG=/dev/null RCLONE_CONFIG_S3_TYPE=s3 RCLONE_CONFIG_S3_PROVIDER=Other RCLONE_CONFIG_S3_ENV_AUTH=true
export RCLONE_CONFIG_S3_ENDPOINT="$AWS_ENDPOINT_URL" RCLONE_CONFIG_S3_REGION="$AWS_REGION"
# Its own default is an ACL that buckets with ACLs disabled refuse.
export RCLONE_CONFIG_S3_ACL=bucket-owner-full-control
export RCLONE_S3_NO_CHECK_BUCKET=true RCLONE_RETRIES=1 RCLONE_LOW_LEVEL_RETRIES=1
export RCLONE_S3_UPLOAD_CUTOFF=5Mi RCLONE_S3_CHUNK_SIZE=5Mi RCLONE_S3_COPY_CUTOFF=5Mi
# The program of Debian 12 knows AWS's own endpoint of STS only: the session is got for it.
session=$("$S3_CLIENTS/venv/bin/python" -c 'import boto3
print(*boto3.Session().get_credentials().get_frozen_credentials()[:3])')
read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$session"
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
# It has an option of its own, and can't do with both.
bundle=${AWS_CA_BUNDLE:-}
unset AWS_CA_BUNDLE
[[ -z $bundle ]] || export RCLONE_CA_CERT="$bundle"
rclone() { "$S3_CLIENTS/rclone" "$@"; }
mine=s3:$BUCKET/mine

here=$(cd "$(dirname "$0")" && pwd)
cd "$HOME"
mkdir -p up/odd up/deep/er
printf odd >'up/odd/a b+c%20d&ü=日本.txt'
printf x >up/deep/er/file
head -c 12000000 /dev/urandom >up/large
rclone copy up "$mine"
rclone check --download up "$mine"
[[ $(rclone cat "$mine/odd/a b+c%20d&ü=日本.txt") == odd ]]
[[ $(rclone cat --offset 5000000 --count 7 "$mine/large" | sha256sum) == $(tail -c +5000001 up/large | head -c 7 | sha256sum) ]]
[[ $(rclone lsf -R --files-only "$mine" | wc -l) == 3 ]]
[[ $(rclone size --json "$mine") == *'"count":3'* ]]
rclone copyto "$mine/large" "$mine/copied"
rclone moveto "$mine/copied" "$mine/moved"
rclone copy "$mine/moved" down
cmp up/large down/moved
head -c 100000 /dev/urandom | rclone rcat "$mine/piped"
rm up/deep/er/file
rclone sync up "$mine"
[[ $(rclone lsf -R --files-only "$mine" | sort | paste -sd,) == 'large,odd/a b+c%20d&ü=日本.txt' ]]
link=$(rclone link --expire 60s "$mine/large")
AWS_CA_BUNDLE=$bundle "$S3_CLIENTS/venv/bin/python" "$here/checks.py" "$link" up/large
for attempt in "cat s3:$BUCKET/other/secret" "copyto up/large s3:$BUCKET/other/secret"; do
    # shellcheck disable=SC2086
    if told=$(rclone $attempt 2>&1); then echo "rclone $attempt was allowed" >&2; exit 1; fi
    [[ $told == *"AccessDenied"* || $told == *"403"* || $told == *Forbidden* ]] || { echo "$told" >&2; exit 1; }
done
echo ok
