using EchoApex.OnnxPredictor;

// echoapex convert CLIP clip.npy;  dotnet run -- MODELS clip.npy
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: EchoApex.OnnxPredictor FOLDER_OF_ONNX_FILES CLIP.npy");
    return 64;
}

using var predictor = new OnnxEchoPredictor(args[0]);
var clip = GrayClip.Read(args[1]);
var (label, probability) = predictor.View(clip);
Console.WriteLine(FormattableString.Invariant($"view {label} ({probability:0.000})"));
var (percent, diastole, systole) = predictor.EjectionFraction(clip);
Console.WriteLine(FormattableString.Invariant($"ejection fraction {percent:0.0} %, end diastole at frame {diastole}, end systole at frame {systole}"));
return 0;
