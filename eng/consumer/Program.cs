using EchoApex.Core.Sources;
using EchoApex.Heads.Prediction;
using EchoApex.Heads.Reporting;
using EchoApex.Heads.Studies;

using var predictor = EchoPredictor.Load(args[0]);            // a folder of fine-tuned models, one a task
foreach (string path in ClipReader.EnumerateClips(args[1]))   // DICOM, AVI, MP4, PNG, JPEG, NIfTI
{
    var found = await predictor.PredictAsync(ClipReader.Open(path));
    Console.WriteLine($"{Path.GetFileName(path)}: view {found.View!.Likeliest}, confidence {found.View.Confidence:0.00}");
    Console.WriteLine($"  EF {found.EjectionFraction!.Percent:0} ± {found.EjectionFraction.HalfWidth95:0} %");
    foreach (var (structure, mask) in found.Masks![0].Structures)
    {
        Console.WriteLine($"  {structure}: {mask.AreaMm2 / 100:0.0} cm2 in the first frame");
    }

    foreach (var length in found.Measurement!.EndDiastole.Lengths)
    {
        Console.WriteLine($"  {length.Name}: {length.Mm:0.0} mm at end diastole");
    }
}

var study = await new StudyPipeline(predictor).RunAsync(args[1]);   // views, beats, volumes, lengths, quality, checks
var files = StudyReport.Write(args[2], study);                      // report.json, report.html, report.dcm (DICOM SR)
Console.WriteLine($"{string.Join(Environment.NewLine, study.Summary)}{Environment.NewLine}{string.Join(", ", files)}");
