#!/usr/bin/env bash
# What a user of NeuroCAAS does with Amazon's own client: aws_client.sh DATA CONFIG RESULTS, with $BUCKET and $GROUP.
set -euo pipefail
data=$1 config=$2 results=$3 timestamp=$(date +%s)
at="s3://$BUCKET/$GROUP"

aws s3 cp --quiet "$data" "$at/inputs/$data"
aws s3 cp --quiet "$config" "$at/configs/$config"
printf '{"dataname": "%s/inputs/%s", "configname": "%s/configs/%s", "timestamp": "%s"}' \
	"$GROUP" "$data" "$GROUP" "$config" "$timestamp" | aws s3 cp --quiet - "$at/submissions/${timestamp}_submit.json"

job="$at/results/job__${BUCKET}_$timestamp"
for _ in $(seq 60); do
	if aws s3 ls "$job/process_results/end.txt" > /dev/null; then
		aws s3 cp --quiet --recursive "$job" "$results"
		exit 0
	fi
	sleep 0.5
done
echo "nothing came within the time" >&2
exit 1
