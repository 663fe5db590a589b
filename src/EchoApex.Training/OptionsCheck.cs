using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Runtime;

namespace EchoApex.Training;

/// <summary>Checks the DataAnnotations of an options record once, reporting every fault in one message.</summary>
internal static class OptionsCheck
{
    /// <exception cref="ConfigurationException">At least one value lies outside its range.</exception>
    public static void Validate(object options, string what)
    {
        ArgumentNullException.ThrowIfNull(options);
        var results = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true))
        {
            throw new ConfigurationException(what, [.. results.Select(result => Describe(options, result))]);
        }
    }

    private static string Describe(object options, ValidationResult result)
    {
        string? name = result.MemberNames.FirstOrDefault();
        object? value = name is null ? null : options.GetType().GetProperty(name)?.GetValue(options);
        return name is null ? result.ErrorMessage! : FormattableString.Invariant($"{name} = {value}: {result.ErrorMessage}");
    }
}
