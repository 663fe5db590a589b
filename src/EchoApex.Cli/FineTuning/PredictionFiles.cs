using System.Globalization;
using EchoApex.Core.Arrays;
using EchoApex.Core.Imaging;
using EchoApex.Core.Runtime;
using EchoApex.Heads.Prediction;

namespace EchoApex.Cli.FineTuning;

/// <summary>Masks and points of a clip as files.</summary>
internal static class PredictionFiles
{
    /// <summary>Writes what a prediction holds of them into a folder.</summary>
    public static void Write(string folder, EchoClip clip, EchoPrediction prediction)
    {
        Directory.CreateDirectory(folder);
        foreach (string name in prediction.Masks?.SelectMany(frame => frame.Structures.Keys).Distinct() ?? [])
        {
            byte[] masks = [.. prediction.Masks!.SelectMany(frame => frame.Structures[name].Pixels.ToArray())];
            NumpyFile.Write<byte>(Path.Combine(folder, $"{name}.npy"), [prediction.Masks!.Count, clip.Height, clip.Width], masks);
        }

        if (prediction.Measurement is { } lv)
        {
            var lines = lv.Points.OrderBy(entry => entry.Key).SelectMany(entry => entry.Value.Select(point =>
                string.Create(CultureInfo.InvariantCulture, $"{entry.Key},{point.Name},{point.Point.X:0.00},{point.Point.Y:0.00},{point.Confidence:0.000}\n")));
            AtomicOutput.WriteText(Path.Combine(folder, "points.csv"), "frame,point,x,y,confidence\n" + string.Concat(lines));
        }

        if (prediction.EjectionFraction is { } ef)
        {
            var lines = ef.Frames.Select((frame, i) => string.Create(CultureInfo.InvariantCulture, $"{frame},{ef.EndDiastole[i]:0.0000},{ef.EndSystole[i]:0.0000}\n"));
            AtomicOutput.WriteText(Path.Combine(folder, "phases.csv"), "frame,end_diastole,end_systole\n" + string.Concat(lines));
        }
    }
}
