using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using OpenCvSharp;

namespace EchoApex.Core.Runtime;

/// <summary>Checks that OpenCV's native library can be used and says truthfully why not.</summary>
public static partial class OpenCvRuntime
{
    /// <summary>Loads the native library or explains what keeps it from loading.</summary>
    /// <returns>OpenCV's version.</returns>
    /// <exception cref="NativeRuntimeException">The library, or a system library that it needs, is missing; the message names it and the remedy.</exception>
    public static string EnsureAvailable()
    {
        try
        {
            return Cv2.GetVersionString() ?? "unknown";
        }
        catch (Exception error) when (error is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new NativeRuntimeException("OpenCV does not load. " + Explain(), error);
        }
    }

    private static string Explain()
    {
        string file = OperatingSystem.IsWindows() ? "OpenCvSharpExtern.dll" : OperatingSystem.IsMacOS() ? "libOpenCvSharpExtern.dylib" : "libOpenCvSharpExtern.so";
        string? path = TorchRuntime.NativeFolders().Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);
        if (path is null)
        {
            return $"{file} is not beside the application. Add a runtime package: OpenCvSharp4.official.runtime.linux-x64 or OpenCvSharp4.runtime.win.";
        }

        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            var missing = MissingLibrary().Match(error.Message);
            return missing.Success
                ? $"The system library {missing.Groups[1].Value} is missing. Debian and Ubuntu: apt-get install -y --no-install-recommends libgtk-3-0; Fedora and RHEL: dnf install gtk3."
                : error.Message;
        }

        return "The library loads but does not answer; check that the OpenCvSharp4 and runtime packages have the same version.";
    }

    [GeneratedRegex(@"(lib[\w.+-]+\.so[.\d]*): cannot open shared object file")]
    private static partial Regex MissingLibrary();
}
