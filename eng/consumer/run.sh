#!/usr/bin/env bash
# Uses the packed packages as a stranger would:  run.sh PACKAGE_FOLDER WORK_FOLDER
# The tool package makes clips and a model; the application, restored from the packages alone, embeds a picture.
set -euo pipefail
feed=$(cd "$1" && pwd)
mkdir -p "$2"
work=$(cd "$2" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The same version may lie in the package cache from an earlier build.
cache=$(dotnet nuget locals global-packages --list | sed 's/^.*global-packages: //')
rm -rf "$cache"/echoapex.*

mkdir -p "$work/app" "$work/tool"
cp "$here"/*.csproj "$here"/*.cs "$work/app/"
cat > "$work/app/nuget.config" <<XML
<configuration><packageSources><add key="echoapex" value="$feed" /></packageSources></configuration>
XML

cd "$work"
cp app/nuget.config nuget.config
dotnet tool install EchoApex.Cli --version 0.1.0 --tool-path tool >/dev/null
tool/echoapex doctor
tool/echoapex phantom --out clips --count 6 --frames 4 --size 112 --seed 1
tool/echoapex pretrain --preset smoke-cpu --set optimization.epochs=1 --data clips --out run
tool/echoapex convert "$(find clips -name '*.dcm' | sort | head -1)" picture --format png

dotnet build app -c Release -v quiet
dotnet app/bin/Release/net10.0/EchoApex.Consumer.dll run/model picture/frame_0000.png | tee answer.txt
grep -q 'numbers a frame' answer.txt
