using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Training.Distributed;
using EchoApex.Training.Loop;
using EchoApex.Training.Presets;

namespace EchoApex.Cli.Commands;

/// <summary><c>echoapex pretrain</c>: train an encoder on clips without labels.</summary>
internal static class PretrainCommand
{
    // SIGUSR1: mpirun passes it on to every process and kills none, unlike the interrupt.
    private static readonly PosixSignal UserSignal = (PosixSignal)(OperatingSystem.IsMacOS() ? 30 : 10);

    public static Command Create()
    {
        var config = new Option<string?>("--config") { Description = "YAML file with the run's options; may name a preset by 'preset: NAME'." };
        var preset = new Option<string?>("--preset") { Description = $"Recipe to start from: {string.Join(", ", PretrainingPresets.Names)}." };
        var set = new Option<string[]>("--set") { Description = "Override one option: key.sub=value. One or several.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var data = new Option<string[]>("--data") { Description = "Clip files and folders to train on, or folders of shards.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var output = new Option<string>("--out") { Description = "Run folder; new, or with --resume the one to go on with.", Required = true };
        var second = new Option<string?>("--second-stage") { Description = "Run of the first stage: lays the configuration's section second_stage over it (DINOv2) and starts from that run's encoder and head." };
        var resume = new Option<bool>("--resume") { Description = "Go on from the run folder's last checkpoint. Without --config or --preset its own configuration is taken." };
        var command = new Command("pretrain", "Pretrain an encoder on clips without labels (DINO, DINOv2). Ctrl-C stops after the step at hand (under mpirun: kill -USR1 of mpirun); --resume goes on. Start it with mpirun or srun for several processes.")
        {
            config, preset, set, data, output, second, resume,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            string folder = parsed.GetValue(output)!;
            bool goOn = parsed.GetValue(resume);
            var options = Load(parsed.GetValue(config), parsed.GetValue(preset), parsed.GetValue(set)!, goOn ? folder : null, parsed.GetValue(second));
            string[] paths = [.. parsed.GetValue(data)!.Select(Path.GetFullPath)];
            options = paths.Length > 0 ? options with { Data = options.Data with { Paths = paths } } : options;
            if (options.Data.Paths.Count == 0)
            {
                throw new ConfigurationException("command line", "there is no data: name folders of clips with --data, or data.paths in the configuration.");
            }

            return Task.FromResult(DistributedRun.Start(options.Run, group => Run(options, folder, goOn, group, cancellationToken)));
        });
        return command;
    }

    private static PretrainingOptions Load(string? config, string? preset, string[] overrides, string? runToResume, string? firstRun)
    {
        string? section = firstRun is null ? null : PretrainingPresets.SecondStage;
        if (firstRun is not null)
        {
            // A JSON string is a YAML scalar whatever the path holds. What the user sets comes later and wins.
            string run = JsonSerializer.Serialize(Path.GetFullPath(firstRun));
            overrides = [$"backbone.weights={run}", $"head.weights={run}", .. overrides];
        }

        if (config is not null)
        {
            return PretrainingPresets.CreateLoader().LoadFile<PretrainingOptions>(config, preset, overrides, section);
        }

        if (preset is not null)
        {
            return PretrainingPresets.Load(preset, overrides, section);
        }

        if (firstRun is not null)
        {
            throw new ConfigurationException("command line", "--second-stage needs the configuration of both stages: --config FILE or --preset NAME.");
        }

        return runToResume is not null
            ? new ConfigurationLoader().LoadFile<PretrainingOptions>(Path.Combine(runToResume, "config.yaml"), preset: null, overrides)
            : throw new ConfigurationException("command line", $"name a recipe: --preset {string.Join(" | ", PretrainingPresets.Names)}, or --config FILE.");
    }

    private static int Run(PretrainingOptions options, string folder, bool resume, ProcessGroup group, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var user = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(UserSignal, context => Stop(context, stop));
        using var loop = new PretrainingLoop(options, folder, resume, group: group);
        using var watchdog = group.Watch.Look is { } look ? new ProcessWatchdog(look, reason => DistributedRun.EndAtOnce(group, reason)) : null;
        if (group.Collective.Rank > 0)
        {
            // Process 0 speaks for all.
            return loop.Run(null, stop.Token).Completed || !stop.IsCancellationRequested ? 0 : CliErrors.Cancelled;
        }

        Console.WriteLine(ConfigurationWriter.ToYaml(options));
        Console.Write(loop.Plan);
        Console.WriteLine(loop.StartStep > 0 ? $"going on after step {loop.StartStep}" : "starting at step 0");
        var outcome = PretrainDisplay.Run(loop, options.Run.LogEvery, stop.Token);
        foreach (var clip in outcome.SkippedClips)
        {
            Console.WriteLine($"skipped {clip.Path}: {clip.Reason}");
        }

        Console.WriteLine(outcome.Completed && double.IsNaN(outcome.Loss)
            ? $"The run was complete already: {outcome.Step} steps. Encoder: {outcome.Model}"
            : outcome.Completed
            ? $"Done: {outcome.Step} steps, loss {outcome.Loss:0.0000}. Encoder: {outcome.Model}"
            : $"Stopped after step {outcome.Step}. Go on with: echoapex pretrain --resume --out {folder}");
        return stop.IsCancellationRequested && !outcome.Completed ? CliErrors.Cancelled : 0;
    }

    // The first signal asks the loop to stop after its step; a second one ends the process as usual.
    private static void Stop(PosixSignalContext context, CancellationTokenSource stop)
    {
        if (stop.IsCancellationRequested)
        {
            return;
        }

        context.Cancel = true;
        stop.Cancel();
    }
}
