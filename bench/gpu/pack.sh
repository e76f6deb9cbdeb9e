#!/usr/bin/env bash
# Packs all that bench/gpu.ts needs into one archive below 60 MiB, for a machine that reaches no registry:
#   bench/gpu/pack.sh [gpu-bench.tar.xz]      here
#   tar -xf gpu-bench.tar.xz && gpu-bench/run     there; takes the options of bench/gpu.ts
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(realpath -m "${1:-gpu-bench.tar.xz}")
limit=$((60 * 1024 * 1024))
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dir=$work/gpu-bench
ort=node_modules/onnxruntime-node
bin=bin/napi-v6/linux/x64

mkdir -p "$dir/bench/gpu" "$dir/$ort/$bin" "$dir/lib"
cp -r sandbox "$dir/"
cp bench/gpu.ts "$dir/bench/"
cp bench/gpu/pytorch.py "$dir/bench/gpu/"
cp -r node_modules/onnxruntime-common node_modules/zod "$dir/node_modules/"
cp -r $ort/package.json $ort/dist "$dir/$ort/"
# The CUDA provider, where it was fetched, would not fit.
cp $ort/$bin/libonnxruntime.so.1 $ort/$bin/onnxruntime_binding.node "$dir/$ort/$bin/"
printf '{"type":"module"}\n' >"$dir/package.json"
find "$dir/node_modules" \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' -o -name '*.min.js' \) -delete

# The one that npm installed: the machine's own may be older.
node=$(PATH="$PWD/node_modules/.bin:$PATH" node -p 'process.execPath')
cp "$node" "$dir/node"
strip --strip-unneeded "$dir/node" 2>/dev/null || true
# Compute-only machines have the driver but often not the Vulkan loader.
for loader in /usr/lib/x86_64-linux-gnu/libvulkan.so.1 /usr/lib/chromium/libvulkan.so.1; do
  [ -e "$loader" ] && cp -L "$loader" "$dir/lib/" && break
done

cat >"$dir/run" <<'RUN'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
# What the machine has itself comes first.
LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib" exec "$here/node" "$here/bench/gpu.ts" "$@"
RUN
chmod +x "$dir/run" "$dir/node"
XZ_OPT=-T0 tar -cJf "$out" -C "$work" gpu-bench
size=$(stat -c %s "$out")
printf '%s: %d MiB\n' "$out" $((size / 1024 / 1024))
[ "$size" -lt "$limit" ] || { echo 'more than 60 MiB' >&2; exit 1; }
