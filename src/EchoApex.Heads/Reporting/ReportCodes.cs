using EchoApex.Heads.Studies;

namespace EchoApex.Heads.Reporting;

/// <summary>Codes of the Adult Echocardiography Procedure Report (DICOM PS3.16 TID 5200; PS3.17 annex N lists the measures).</summary>
internal static class ReportCodes
{
    public static readonly CodedConcept Title = new("125200", "DCM", "Adult Echocardiography Procedure Report");
    public static readonly CodedConcept Language = new("121049", "DCM", "Language of Content Item and Descendants");
    public static readonly CodedConcept English = new("en", "RFC5646", "English");
    public static readonly CodedConcept ObserverType = new("121005", "DCM", "Observer Type");
    public static readonly CodedConcept Device = new("121007", "DCM", "Device");
    public static readonly CodedConcept DeviceUid = new("121012", "DCM", "Device Observer UID");
    public static readonly CodedConcept DeviceName = new("121013", "DCM", "Device Observer Name");
    public static readonly CodedConcept DeviceManufacturer = new("121014", "DCM", "Device Observer Manufacturer");
    public static readonly CodedConcept Findings = new("121070", "DCM", "Findings");
    public static readonly CodedConcept FindingSite = new("363698007", "SCT", "Finding Site");
    public static readonly CodedConcept LeftVentricle = new("87878005", "SCT", "Left Ventricle");
    public static readonly CodedConcept LeftAtrium = new("82471001", "SCT", "Left Atrium");
    public static readonly CodedConcept Group = new("125007", "DCM", "Measurement Group");
    public static readonly CodedConcept ImageMode = new("399264008", "SCT", "Image Mode");
    public static readonly CodedConcept Mode2D = new("399064001", "SCT", "2D mode");
    public static readonly CodedConcept Method = new("370129005", "SCT", "Measurement Method");
    public static readonly CodedConcept ImageView = new("111031", "DCM", "Image View");
    public static readonly CodedConcept CyclePoint = new("272518008", "SCT", "Cardiac Cycle Point");
    public static readonly CodedConcept EndDiastole = new("416190007", "SCT", "End Diastole");
    public static readonly CodedConcept EndSystole = new("416430001", "SCT", "End Systole");
    public static readonly CodedConcept BiplaneDiscs = new("125207", "DCM", "Method of Disks, Biplane");
    public static readonly CodedConcept SingleDiscs = new("125208", "DCM", "Method of Disks, Single Plane");
    public static readonly CodedConcept Source = new("121112", "DCM", "Source of Measurement");
    public static readonly CodedConcept Summary = new("121111", "DCM", "Summary");
    public static readonly CodedConcept Finding = new("121071", "DCM", "Finding");
    public static readonly CodedConcept Comment = new("121106", "DCM", "Comment");
    public static readonly CodedConcept FourChamber = new("399214001", "SCT", "Apical four chamber");
    public static readonly CodedConcept TwoChamber = new("399232001", "SCT", "Apical two chamber");
    public static readonly CodedConcept ParasternalLong = new("399139001", "SCT", "Parasternal long axis");

    private static readonly CodedConcept Percent = new("%", "UCUM", "percent");
    private static readonly CodedConcept Millilitre = new("mL", "UCUM", "milliliter");
    private static readonly CodedConcept Centimetre = new("cm", "UCUM", "centimeter");
    private static readonly CodedConcept SquareCentimetre = new("cm2", "UCUM", "square centimeter");
    private static readonly CodedConcept Gram = new("g", "UCUM", "gram");
    private static readonly CodedConcept LitresAMinute = new("L/min", "UCUM", "liter per minute");
    private static readonly CodedConcept BeatsAMinute = new("{H.B.}/min", "UCUM", "heart beats per minute");

    private static readonly CodedConcept Ef = new("18043-0", "LN", "Left Ventricular Ejection Fraction");
    private static readonly CodedConcept Edv = new("18026-5", "LN", "Left Ventricular End Diastolic Volume");
    private static readonly CodedConcept Esv = new("18148-7", "LN", "Left Ventricular End Systolic Volume");

    /// <summary>How a value of a study is coded; null for one that has no code.</summary>
    public static MeasureCode? Of(string measure) => measure switch
    {
        MeasureNames.EfRegression => new(Ef, Percent, 1) { View = FourChamber },
        MeasureNames.EfBiplane => new(Ef, Percent, 1) { Method = BiplaneDiscs },
        MeasureNames.EdvBiplane => new(Edv, Millilitre, 1) { Method = BiplaneDiscs },
        MeasureNames.EsvBiplane => new(Esv, Millilitre, 1) { Method = BiplaneDiscs },
        MeasureNames.EfA4c => new(Ef, Percent, 1) { Method = SingleDiscs, View = FourChamber },
        MeasureNames.EdvA4c => new(Edv, Millilitre, 1) { Method = SingleDiscs, View = FourChamber },
        MeasureNames.EsvA4c => new(Esv, Millilitre, 1) { Method = SingleDiscs, View = FourChamber },
        MeasureNames.EfA2c => new(Ef, Percent, 1) { Method = SingleDiscs, View = TwoChamber },
        MeasureNames.EdvA2c => new(Edv, Millilitre, 1) { Method = SingleDiscs, View = TwoChamber },
        MeasureNames.EsvA2c => new(Esv, Millilitre, 1) { Method = SingleDiscs, View = TwoChamber },
        MeasureNames.StrokeVolume => new(new("90096001", "SCT", "Stroke Volume"), Millilitre, 1),
        MeasureNames.CardiacOutput => new(new("82799009", "SCT", "Cardiac Output"), LitresAMinute, 1),
        MeasureNames.HeartRate => new(new("8867-4", "LN", "Heart Rate"), BeatsAMinute, 1),
        MeasureNames.LvLengthD => new(new("18077-8", "LN", "Left Ventricle Diastolic Major Axis"), Centimetre, 0.1) { View = FourChamber, Phase = EndDiastole },
        MeasureNames.LvLengthS => new(new("18076-0", "LN", "Left Ventricle Systolic Major Axis"), Centimetre, 0.1) { View = FourChamber, Phase = EndSystole },
        MeasureNames.LvAreaD => new(new("399109006", "SCT", "Left Ventricular Diastolic Area"), SquareCentimetre, 1) { View = FourChamber, Phase = EndDiastole },
        MeasureNames.LvAreaS => new(new("399030000", "SCT", "Left Ventricular Systolic Area"), SquareCentimetre, 1) { View = FourChamber, Phase = EndSystole },
        MeasureNames.FractionalAreaChange => new(new("399287000", "SCT", "Left Ventricular Fractional Area Change"), Percent, 1) { View = FourChamber },
        MeasureNames.LaAreaA4c => new(new("17977-0", "LN", "Left Atrium Systolic Area"), SquareCentimetre, 1) { View = FourChamber, Phase = EndSystole, Site = LeftAtrium },
        MeasureNames.IvsD => new(new("18154-5", "LN", "Interventricular Septum Diastolic Thickness"), Centimetre, 0.1) { View = ParasternalLong, Phase = EndDiastole },
        MeasureNames.IvsS => new(new("18158-6", "LN", "Interventricular Septum Systolic Thickness"), Centimetre, 0.1) { View = ParasternalLong, Phase = EndSystole },
        MeasureNames.LvidD => new(new("29436-3", "LN", "Left Ventricle Internal End Diastolic Dimension"), Centimetre, 0.1) { View = ParasternalLong, Phase = EndDiastole },
        MeasureNames.LvidS => new(new("29438-9", "LN", "Left Ventricle Internal Systolic Dimension"), Centimetre, 0.1) { View = ParasternalLong, Phase = EndSystole },
        MeasureNames.LvpwD => new(new("18152-9", "LN", "Left Ventricle Posterior Wall Diastolic Thickness"), Centimetre, 0.1) { View = ParasternalLong, Phase = EndDiastole },
        MeasureNames.LvpwS => new(new("18156-0", "LN", "Left Ventricle Posterior Wall Systolic Thickness"), Centimetre, 0.1) { View = ParasternalLong, Phase = EndSystole },
        MeasureNames.FractionalShortening => new(new("18051-3", "LN", "Left Ventricular Fractional Shortening"), Percent, 1) { View = ParasternalLong },
        MeasureNames.LvMass => new(new("18087-7", "LN", "Left Ventricle Mass"), Gram, 1) { View = ParasternalLong },
        _ => null,
    };
}
