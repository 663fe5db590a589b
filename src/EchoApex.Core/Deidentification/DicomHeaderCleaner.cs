using System.Globalization;
using EchoApex.Core.Runtime;
using EchoApex.Core.Sources.Dicom;

namespace EchoApex.Core.Deidentification;

/// <summary>
/// Reads a DICOM file's identification and gives what may leave: pseudonyms, new UIDs, a shifted date. Nothing is copied that
/// <see cref="BasicProfile"/> does not keep.
/// </summary>
public static class DicomHeaderCleaner
{
    private const int OldestAge = 90;
    private const uint StudyDate = 0x0008_0020, PatientName = 0x0010_0010, PatientId = 0x0010_0020, IssuerOfPatientId = 0x0010_0021, BirthDate = 0x0010_0030, Sex = 0x0010_0040, Age = 0x0010_1010;
    private const uint SopInstance = 0x0008_0018, StudyInstance = 0x0020_000D, SeriesInstance = 0x0020_000E, BurnedIn = 0x0028_0301;

    /// <summary>Cleans the header of a file.</summary>
    /// <param name="path">A DICOM file.</param>
    /// <param name="pseudonyms">Makes the pseudonyms.</param>
    /// <param name="options">What is kept on request.</param>
    /// <param name="identity">What stands for study, series and instance where the file does not name them; null takes the path.</param>
    /// <exception cref="DataException">The file cannot be read as DICOM.</exception>
    public static DeidentifiedHeader Clean(string path, Pseudonymizer pseudonyms, DeidentifyOptions options, string? identity = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(pseudonyms);
        ArgumentNullException.ThrowIfNull(options);
        var source = new FileByteSource(path);
        using var open = source.KeepOpen();
        return Clean(DicomFile.Open(source).Dataset, identity ?? path, pseudonyms, options);
    }

    internal static DeidentifiedHeader Clean(DicomDataset dataset, string identity, Pseudonymizer pseudonyms, DeidentifyOptions options)
    {
        string study = dataset.GetString(StudyInstance) ?? "study of " + identity;

        // A number without its issuer may belong to two people; without a number the name, and without that the study, stands for the patient.
        string patient = dataset.GetString(PatientId) is { } id ? $"{dataset.GetString(IssuerOfPatientId)}\0{id}" : dataset.GetString(PatientName) ?? study;
        var date = Date(dataset.GetString(StudyDate));
        var counts = new SortedDictionary<uint, int>();
        Count(dataset, counts, depth: 0);
        return new DeidentifiedHeader
        {
            Patient = pseudonyms.Patient(patient),
            StudyUid = pseudonyms.Uid(study),
            SeriesUid = pseudonyms.Uid(dataset.GetString(SeriesInstance) ?? "series of " + identity),
            InstanceUid = pseudonyms.Uid(dataset.GetString(SopInstance) ?? "instance of " + identity),
            StudyDate = date is { } day && day.DayNumber > 3660 ? day.AddDays(pseudonyms.DayShift(patient)) : null,
            AgeYears = options.KeepAge ? AgeOf(dataset, date) : null,
            Sex = options.KeepSex && dataset.GetString(Sex) is "M" or "F" or "O" ? dataset.GetString(Sex) : null,
            Manufacturer = options.KeepScanner ? PlainText.OfDevice(dataset.GetString(DicomTags.Manufacturer)) : null,
            Model = options.KeepScanner ? PlainText.OfDevice(dataset.GetString(DicomTags.ManufacturerModelName)) : null,
            BurnedInAnnotation = dataset.GetString(BurnedIn) switch { "YES" => true, "NO" => false, _ => null },
            Findings = Findings(counts, options),
        };
    }

    private static TagFinding[] Findings(SortedDictionary<uint, int> counts, DeidentifyOptions options)
    {
        int hidden = counts.Where(pair => BasicProfile.IsPrivate(pair.Key)).Sum(pair => pair.Value);
        IEnumerable<TagFinding> open = counts.Where(pair => !BasicProfile.IsPrivate(pair.Key))
            .Select(pair => new TagFinding(DicomTags.Format(pair.Key), BasicProfile.ActionOf(pair.Key, options), pair.Value));
        return [.. open, .. hidden > 0 ? new[] { new TagFinding("private", TagAction.Remove, hidden) } : []];
    }

    private static void Count(DicomDataset dataset, SortedDictionary<uint, int> counts, int depth)
    {
        foreach (uint tag in dataset.Tags)
        {
            counts[tag] = counts.GetValueOrDefault(tag) + 1;
            if (depth < 8 && dataset.IsSequence(tag))
            {
                foreach (var item in Items(dataset, tag))
                {
                    Count(item, counts, depth + 1);
                }
            }
        }
    }

    // Private values may begin like a sequence without being one. Nothing of them is kept, so that what they hold need not be counted.
    private static IEnumerable<DicomDataset> Items(DicomDataset dataset, uint tag)
    {
        try
        {
            return dataset.GetItems(tag).OfType<DicomDataset>();
        }
        catch (DataException)
        {
            return [];
        }
    }

    private static int? AgeOf(DicomDataset dataset, DateOnly? study)
    {
        if (dataset.GetString(Age) is { Length: 4 } text && int.TryParse(text.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            return text[3] switch
            {
                'Y' => Math.Min(number, OldestAge),
                'M' => Math.Min(number / 12, OldestAge),
                'W' or 'D' => number / (text[3] == 'W' ? 52 : 365),
                _ => null,
            };
        }

        if (study is not { } now || Date(dataset.GetString(BirthDate)) is not { } birth || birth > now)
        {
            return null;
        }

        int years = now.Year - birth.Year - (now.DayOfYear < birth.DayOfYear ? 1 : 0);
        return years > 130 ? null : Math.Clamp(years, 0, OldestAge);
    }

    private static DateOnly? Date(string? text) =>
        DateOnly.TryParseExact(text, ["yyyyMMdd", "yyyy.MM.dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;
}
