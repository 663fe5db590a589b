#!/usr/bin/env bash
# Uses the packed packages as a stranger would:  run.sh PACKAGE_FOLDER WORK_FOLDER
# The tool package makes clips, an encoder, models of the four tasks and a phantom examination; the application, restored from the
# packages alone, reads the examination and writes its report.
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
tool/echoapex phantom --out clips --count 24 --frames 4 --size 112 --seed 1
tool/echoapex pretrain --preset smoke-cpu --set optimization.epochs=1 --data clips --out run
teach() { # TASK SETTING...: a model that has seen next to nothing; what it says is not looked at, only that it says it
  local task=$1; shift
  tool/echoapex finetune "$task" --model run --data clips --out "models/$task" --set training.steps=2 --set training.batch_size=2 --set training.evaluations=0 "$@"
}
teach view
teach segment --set segment.head.embed_dim=32 --set segment.head.heads=2 --set segment.head.mlp_dim=32
teach measure --set measure.head.width=16 --set measure.head.stem_width=16 --set "measure.views=[PLAX]"
teach ef --set ef.windows.frames=4 --set ef.head.width=24
tool/echoapex phantom --study --out examination --frames 16 --size 112 --seed 2

dotnet build app -c Release -v quiet
dotnet app/bin/Release/net10.0/EchoApex.Consumer.dll models examination/study report | tee answer.txt
for words in 'view ' 'EF ' ' cm2' ' mm at end diastole' '4 clips: 4 read'; do grep -q "$words" answer.txt; done
for file in report.json report.html report.dcm; do test -s "report/$file"; done
