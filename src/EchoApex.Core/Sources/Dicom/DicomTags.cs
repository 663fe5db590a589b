namespace EchoApex.Core.Sources.Dicom;

/// <summary>The data elements that reading a clip needs, as group &lt;&lt; 16 | element (DICOM PS3.6).</summary>
internal static class DicomTags
{
    public const uint TransferSyntaxUid = 0x0002_0010;
    public const uint SpecificCharacterSet = 0x0008_0005;
    public const uint SopClassUid = 0x0008_0016;
    public const uint Manufacturer = 0x0008_0070;
    public const uint ReferringPhysicianName = 0x0008_0090;
    public const uint CodeMeaning = 0x0008_0104;
    public const uint ManufacturerModelName = 0x0008_1090;
    public const uint StageName = 0x0008_2120;
    public const uint ViewName = 0x0008_2127;
    public const uint RecommendedDisplayFrameRate = 0x0008_2144;
    public const uint PatientName = 0x0010_0010;
    public const uint CineRate = 0x0018_0040;
    public const uint FrameTime = 0x0018_1063;
    public const uint FrameTimeVector = 0x0018_1065;
    public const uint HeartRate = 0x0018_1088;
    public const uint ImagerPixelSpacing = 0x0018_1164;
    public const uint SequenceOfUltrasoundRegions = 0x0018_6011;
    public const uint RegionSpatialFormat = 0x0018_6012;
    public const uint RegionDataType = 0x0018_6014;
    public const uint RegionLocationMinX0 = 0x0018_6018;
    public const uint RegionLocationMinY0 = 0x0018_601A;
    public const uint RegionLocationMaxX1 = 0x0018_601C;
    public const uint RegionLocationMaxY1 = 0x0018_601E;
    public const uint PhysicalUnitsX = 0x0018_6024;
    public const uint PhysicalUnitsY = 0x0018_6026;
    public const uint PhysicalDeltaX = 0x0018_602C;
    public const uint PhysicalDeltaY = 0x0018_602E;
    public const uint SamplesPerPixel = 0x0028_0002;
    public const uint PhotometricInterpretation = 0x0028_0004;
    public const uint PlanarConfiguration = 0x0028_0006;
    public const uint NumberOfFrames = 0x0028_0008;
    public const uint Rows = 0x0028_0010;
    public const uint Columns = 0x0028_0011;
    public const uint PixelSpacing = 0x0028_0030;
    public const uint BitsAllocated = 0x0028_0100;
    public const uint BitsStored = 0x0028_0101;
    public const uint HighBit = 0x0028_0102;
    public const uint PixelRepresentation = 0x0028_0103;
    public const uint WindowCenter = 0x0028_1050;
    public const uint WindowWidth = 0x0028_1051;
    public const uint RescaleIntercept = 0x0028_1052;
    public const uint RescaleSlope = 0x0028_1053;
    public const uint LossyImageCompression = 0x0028_2110;
    public const uint RedPaletteDescriptor = 0x0028_1101;
    public const uint RedPaletteData = 0x0028_1201;
    public const uint SegmentedRedPaletteData = 0x0028_1221;
    public const uint ViewCodeSequence = 0x0054_0220;
    public const uint ExtendedOffsetTable = 0x7FE0_0001;
    public const uint ExtendedOffsetTableLengths = 0x7FE0_0002;
    public const uint PixelData = 0x7FE0_0010;
    public const uint Item = 0xFFFE_E000;
    public const uint ItemDelimitation = 0xFFFE_E00D;
    public const uint SequenceDelimitation = 0xFFFE_E0DD;

    /// <summary>The value representation that PS3.6 gives an element, for data that does not carry it; null for text and the rest.</summary>
    public static string? ValueRepresentation(uint tag) => tag switch
    {
        SamplesPerPixel or PlanarConfiguration or Rows or Columns or BitsAllocated or BitsStored or HighBit
            or PixelRepresentation or RegionSpatialFormat or RegionDataType or PhysicalUnitsX or PhysicalUnitsY
            or RedPaletteDescriptor or RedPaletteDescriptor + 1 or RedPaletteDescriptor + 2 => "US",
        ReferringPhysicianName or PatientName => "PN",
        RegionLocationMinX0 or RegionLocationMinY0 or RegionLocationMaxX1 or RegionLocationMaxY1 => "UL",
        PhysicalDeltaX or PhysicalDeltaY => "FD",
        RedPaletteData or RedPaletteData + 1 or RedPaletteData + 2 or PixelData => "OW",
        ExtendedOffsetTable or ExtendedOffsetTableLengths => "OV",
        _ => null,
    };

    /// <summary>"(0028,0010)".</summary>
    public static string Format(uint tag) => $"({tag >> 16:X4},{tag & 0xFFFF:X4})";
}
