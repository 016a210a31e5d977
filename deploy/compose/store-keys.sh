#!/bin/sh
# Makes the buckets, and for each service a key that may use its own bucket, its own corner of the quarantine,
# and, where `reads_NAME` says so, read what another service keeps under the hashes that its events carry.
# Uses nothing but the shell and mc.
set -eu

secrets=${SECRETS:-/run/secrets}
scratch=${TMPDIR:-/tmp}
read -r root <"$secrets/MINIO_ROOT_PASSWORD" || true # no line ends the file
mc alias set store "${STORE:-http://minio:9000}" admin "$root" >/dev/null
for bucket in $BUCKETS; do
  mc mb --ignore-existing "store/$bucket"
done

for name in $SERVICES; do
  eval "file=\$key_$name"
  read -r secret <"$secrets/$file" || true
  eval "others=\${reads_$name:-}"
  readable=""
  for other in $others; do
    readable="$readable, \"arn:aws:s3:::$other/*\""
  done
  printf '%s' "{\"Version\": \"2012-10-17\", \"Statement\": [
    {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\", \"s3:PutObject\", \"s3:DeleteObject\"],
     \"Resource\": [\"arn:aws:s3:::$name/*\", \"arn:aws:s3:::quarantine/$name/*\"]},
    {\"Effect\": \"Allow\", \"Action\": [\"s3:ListBucket\", \"s3:GetBucketLocation\"],
     \"Resource\": [\"arn:aws:s3:::$name\", \"arn:aws:s3:::quarantine\"]},
    {\"Effect\": \"Allow\", \"Action\": [\"s3:GetObject\"], \"Resource\": [\"arn:aws:s3:::$name/*\"$readable]}
  ]}" >"$scratch/$name.json"
  mc admin user add store "zc$name" "$secret"
  mc admin policy create store "$name" "$scratch/$name.json"
  mc admin policy attach store "$name" --user "zc$name" || true
done
