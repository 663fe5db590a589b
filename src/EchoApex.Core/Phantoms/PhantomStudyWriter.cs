using System.Globalization;
using EchoApex.Core.Configuration;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Phantoms;

/// <summary>
/// Writes a phantom examination: one heart seen in several views, each a DICOM file of the same study, and beside the folder of
/// images the truth of each as <c>truth/NAME.json</c>. Equal options give equal bytes.
/// </summary>
public static class PhantomStudyWriter
{
    /// <summary>The folder of the images, within the study's.</summary>
    public const string ImageFolder = "study";

    /// <summary>The folder of the truth.</summary>
    public const string TruthFolder = "truth";

    /// <summary>The clips and what is true of them, one a view.</summary>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    public static IReadOnlyList<PhantomClip> Generate(PhantomStudyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        OptionsValidator.Validate(options, "phantom study");

        // Anatomy is drawn before anything that a view draws: one index is one heart in every view.
        return [.. options.Views.Select(view => PhantomGenerator.Generate(options.Clip with { Views = [view] }, options.Seed, options.Index))];
    }

    /// <summary>Writes the examination.</summary>
    /// <param name="folder">The folder to make; it must not exist, or be empty.</param>
    /// <param name="options">What to write.</param>
    /// <returns>The truth of each clip, in the order of the views.</returns>
    /// <exception cref="ConfigurationException">An option is out of its range.</exception>
    /// <exception cref="EchoApexException">The folder exists and is not empty.</exception>
    public static IReadOnlyList<PhantomTruth> Write(string folder, PhantomStudyOptions options)
    {
        var clips = Generate(options);
        AtomicOutput.CreateFolder(folder, temporary =>
        {
            Directory.CreateDirectory(Path.Combine(temporary, ImageFolder));
            Directory.CreateDirectory(Path.Combine(temporary, TruthFolder));
            for (int i = 0; i < clips.Count; i++)
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{i + 1:00}-{clips[i].Truth.View}");
                DicomClipWriter.Write(Path.Combine(temporary, ImageFolder, $"{name}.dcm"), clips[i].Clip, new DicomWriteOptions
                {
                    UidSeed = string.Create(CultureInfo.InvariantCulture, $"phantom-study/{options.Seed}/{options.Index}/{i}"),
                    StudySeed = string.Create(CultureInfo.InvariantCulture, $"phantom-study/{options.Seed}/{options.Index}"),
                    InstanceNumber = i + 1,
                    BurnedInAnnotation = false,
                    Derived = false,
                });
                AtomicOutput.WriteFile(Path.Combine(temporary, TruthFolder, $"{name}.json"), stream => PhantomTruthWriter.Write(stream, clips[i].Truth, options.Seed, options.Index));
            }
        });
        return [.. clips.Select(clip => clip.Truth)];
    }
}
