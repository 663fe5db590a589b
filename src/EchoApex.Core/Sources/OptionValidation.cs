using System.ComponentModel.DataAnnotations;
using EchoApex.Core.Runtime;

namespace EchoApex.Core.Sources;

/// <summary>Checks the ranges that an options record states in its attributes.</summary>
internal static class OptionValidation
{
    /// <summary>Passes when every property is in its range.</summary>
    /// <exception cref="ConfigurationException">One sentence for each property that is not, with its value.</exception>
    public static void Require(object options, string source)
    {
        var results = new List<ValidationResult>();
        if (Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true))
        {
            return;
        }

        throw new ConfigurationException(source, [.. results.Select(r => Describe(options, r))]);
    }

    private static string Describe(object options, ValidationResult result)
    {
        string name = result.MemberNames.FirstOrDefault() ?? string.Empty;
        object? value = options.GetType().GetProperty(name)?.GetValue(options);
        return FormattableString.Invariant($"{name} = {value}: {result.ErrorMessage}");
    }
}
