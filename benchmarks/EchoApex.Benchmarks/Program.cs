using BenchmarkDotNet.Running;
using EchoApex.Benchmarks.Augmentation;
using EchoApex.Benchmarks.Forward;
using EchoApex.Benchmarks.Inference;
using EchoApex.Benchmarks.Ingest;
using EchoApex.Benchmarks.Live;
using EchoApex.Benchmarks.Loading;
using EchoApex.Benchmarks.Prompts;
using EchoApex.Benchmarks.Shards;
using EchoApex.Benchmarks.Training;

// End-to-end measurements have a verb of their own; everything else is BenchmarkDotNet's.
switch (args)
{
    case ["forward", .. var forwardArguments]:
        return ForwardBenchmark.Run(forwardArguments);
    case ["inference", .. var inferenceArguments]:
        return InferenceBenchmark.Run(inferenceArguments);
    case ["load", .. var loadArguments]:
        return LoadBenchmark.Run(loadArguments);
    case ["crops", .. var cropArguments]:
        return CropsBenchmark.Run(cropArguments);
    case ["shards-index", .. var indexArguments]:
        return ShardIndexBenchmark.Run(indexArguments);
    case ["shards-load", .. var shardArguments]:
        return ShardLoadBenchmark.Run(shardArguments);
    case ["step", .. var stepArguments]:
        return StepBenchmark.Run(stepArguments);
    case ["exchange", .. var exchangeArguments]:
        return ExchangeBenchmark.Run(exchangeArguments);
    case ["ingest", .. var ingestArguments]:
        return IngestBenchmark.Run(ingestArguments);
    case ["live", .. var liveArguments]:
        return LiveBenchmark.Run(liveArguments);
    case ["prompts", .. var promptArguments]:
        return PromptBenchmark.Run(promptArguments);
    default:
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
}
