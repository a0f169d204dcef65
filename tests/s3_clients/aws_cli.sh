#!/usr/bin/env bash
# The `aws` CLI, which gets a web identity session by itself: recursive copies, moves, links, removal.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cd "$HOME"
mkdir -p .aws
export AWS_CONFIG_FILE=$HOME/.aws/config
printf '[default]\ns3 =\n  multipart_threshold = 5MB\n  multipart_chunksize = 5MB\n  signature_version = s3v4\n' >.aws/config
mine=s3://$BUCKET/mine
mkdir -p up/odd up/deep/er
printf odd >'up/odd/a b+c%20d&ü=日本.txt'
printf x >up/deep/er/file
head -c 12000000 /dev/urandom >up/large
aws s3 cp --recursive up "$mine" >/dev/null
aws s3 cp --recursive "$mine" down >/dev/null
diff -r up down
aws s3 mv --recursive "$mine/deep" "$mine/moved" >/dev/null
aws s3 sync down "$mine" --delete --exclude 'moved/*' >/dev/null
[[ $(aws s3 ls --recursive "$mine/" | wc -l) == 4 ]]
link=$(aws s3 presign "$mine/large")
[[ $link == *X-Amz-Signature=* ]]
"$S3_CLIENTS/venv/bin/python" "$here/checks.py" "$link" up/large
for attempt in "s3 mv s3://$BUCKET/other/secret x" "s3 cp up/large s3://$BUCKET/other/secret"; do
    # shellcheck disable=SC2086
    if told=$(aws $attempt 2>&1); then echo "aws $attempt was allowed" >&2; exit 1; fi
    [[ $told == *AccessDenied* || $told == *Forbidden* ]] || { echo "$told" >&2; exit 1; }
done
aws s3 rm --recursive "$mine/" --exclude "*" --include "*/file" >/dev/null
echo ok
