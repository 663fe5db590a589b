namespace EchoApex.Core.Runtime;

/// <summary>Files and folders that appear whole or not at all: written beside their place, then renamed.</summary>
public static class AtomicOutput
{
    /// <summary>Writes a file through a temporary neighbour; an exception leaves an earlier file of that name as it was.</summary>
    /// <param name="path">The file to make or to replace.</param>
    /// <param name="write">Receives the stream to write to.</param>
    public static void WriteFile(string path, Action<FileStream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string temporary = $"{full}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes a text file as UTF-8 without byte order mark, whole or not at all.</summary>
    public static void WriteText(string path, string text) =>
        WriteFile(path, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(text)));

    /// <summary>Makes a new folder whole or not at all.</summary>
    /// <param name="path">The folder to make; it must not exist, or be empty.</param>
    /// <param name="fill">Receives the path of the temporary folder to fill.</param>
    /// <exception cref="EchoApexException">The folder exists and is not empty, or a file has its name.</exception>
    public static void CreateFolder(string path, Action<string> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        RequireNew(path);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        string temporary = $"{full}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(temporary);
        try
        {
            fill(temporary);
            if (Directory.Exists(full))
            {
                Directory.Delete(full);
            }

            Directory.Move(temporary, full);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
    }

    /// <summary>Checks that an output folder is free: it does not exist, or is empty.</summary>
    /// <exception cref="EchoApexException">The folder exists and is not empty, or a file has its name.</exception>
    public static void RequireNew(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (File.Exists(path))
        {
            throw new EchoApexException($"The output folder '{path}' cannot be made: a file has that name. Choose another name.");
        }

        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new EchoApexException($"The output folder '{path}' exists and is not empty. Choose another folder or delete it first; nothing was written.");
        }
    }
}
