using BenchmarkDotNet.Running;
using EchoApex.Benchmarks.Augmentation;
using EchoApex.Benchmarks.Forward;
using EchoApex.Benchmarks.Live;
using EchoApex.Benchmarks.Loading;
using EchoApex.Benchmarks.Training;

// End-to-end measurements have a verb of their own; everything else is BenchmarkDotNet's.
switch (args)
{
    case ["forward", .. var forwardArguments]:
        return ForwardBenchmark.Run(forwardArguments);
    case ["load", .. var loadArguments]:
        return LoadBenchmark.Run(loadArguments);
    case ["crops", .. var cropArguments]:
        return CropsBenchmark.Run(cropArguments);
    case ["step", .. var stepArguments]:
        return StepBenchmark.Run(stepArguments);
    case ["exchange", .. var exchangeArguments]:
        return ExchangeBenchmark.Run(exchangeArguments);
    case ["live", .. var liveArguments]:
        return LiveBenchmark.Run(liveArguments);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
}
