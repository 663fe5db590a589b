using System.Reflection;

namespace EchoApex.Core.Configuration;

/// <summary>What of an options record is configurable: its public properties that can be set, in order of declaration.</summary>
internal static class OptionProperties
{
    public static IReadOnlyList<PropertyInfo> Of(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true } && property.GetIndexParameters().Length == 0)
            .OrderBy(property => property.MetadataToken)];

    /// <summary>Whether a type is a record of options: a class with a constructor without parameters that is not a string.</summary>
    public static bool IsOptions(Type type) =>
        type.IsClass && type != typeof(string) && ElementType(type) is null && type.GetConstructor(Type.EmptyTypes) is not null;

    /// <summary>The element type of a list property; null when the type is no list.</summary>
    public static Type? ElementType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
}
