#!/bin/sh
# Installs the official SDKs that the scripts run, at the versions that they were written for: the Python SDK in a virtual
# environment and the TypeScript SDK next to it, with playwright-core, which drives a browser. The argument is the folder,
# target/sdks if there is none.
#
#     DIR/bin/python           the Python with the SDK
#     NODE_PATH=DIR/node_modules node …    a Node.js that finds the SDK
#
# Needs Python 3.11 or newer with venv, and Node.js 20 or newer with npm. Does nothing where the versions are installed.
set -eu
python_sdk=0.226.1
# The newest version of this package on npm.
typescript_sdk=0.216.0
playwright=1.64.1

folder=${1:-target/sdks}
mkdir -p "$folder"
if ! "$folder/bin/pip" show daytona 2>/dev/null | grep -qx "Version: $python_sdk"; then
  python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "daytona==$python_sdk"
fi
has() { grep -qs "\"version\": \"$2\"" "$folder/node_modules/$1/package.json"; }
# Both at once: npm removes what an installation does not name.
if ! has @daytona/sdk "$typescript_sdk" || ! has playwright-core "$playwright"; then
  npm install --silent --no-fund --no-audit --no-save --prefix "$folder" \
    "@daytona/sdk@$typescript_sdk" "playwright-core@$playwright"
fi
echo "$folder: Python SDK $python_sdk, TypeScript SDK $typescript_sdk"
