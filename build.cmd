@echo off
rem One entry for everyone:  build demo [CLIP]   build test   build pack
setlocal
set DOTNET_CLI_TELEMETRY_OPTOUT=1
set DOTNET_NOLOGO=1
if "%OMP_WAIT_POLICY%"=="" set OMP_WAIT_POLICY=PASSIVE
where dotnet >nul 2>nul
if errorlevel 1 (
  echo The .NET SDK 10 is not installed. Get it from https://dotnet.microsoft.com/download/dotnet/10.0 1>&2
  exit /b 1
)
if "%~1"=="demo" goto demo
if "%~1"=="test" goto test
if "%~1"=="pack" goto pack
echo usage: build VERB
echo   demo [CLIP]   make phantom clips, pretrain a small ViT on them, compare, draw; with CLIP embed a real clip too
echo   test          build and run every test that this machine can run
echo   pack          build the NuGet packages into artifacts\packages
exit /b 64

:demo
dotnet build "%~dp0src\EchoApex.Cli" -c Release -v quiet || exit /b 1
if "%~2"=="" (
  dotnet "%~dp0src\EchoApex.Cli\bin\Release\net10.0\echoapex.dll" demo
) else (
  dotnet "%~dp0src\EchoApex.Cli\bin\Release\net10.0\echoapex.dll" demo --clip %2 %3 %4 %5 %6 %7 %8 %9
)
exit /b %errorlevel%

:test
dotnet test "%~dp0EchoApex.sln" -c Release
exit /b %errorlevel%

:pack
dotnet pack "%~dp0EchoApex.sln" -c Release -o "%~dp0artifacts\packages"
exit /b %errorlevel%
