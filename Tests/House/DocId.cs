using System.Reflection;

namespace GenEngine.Tests.House;

/// <summary>Names in XML documentation (C# standard, annex D.4.2), without the letter of their kind.</summary>
internal static class DocId
{
    public static string Of(Type type) => type.FullName!.Replace('+', '.');

    public static string Of(MemberInfo member) => $"{Of(member.DeclaringType!)}.{member.Name.Replace('.', '#')}";

    public static string Of(PropertyInfo property) => Of((MemberInfo)property) + Of(property.GetIndexParameters());

    public static string Of(MethodInfo method)
    {
        string generic = method.IsGenericMethodDefinition ? $"``{method.GetGenericArguments().Length}" : "";
        string result = method.Name is "op_Implicit" or "op_Explicit" ? "~" + OfArgument(method.ReturnType) : "";
        return Of((MemberInfo)method) + generic + Of(method.GetParameters()) + result;
    }

    private static string Of(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(parameter => OfArgument(parameter.ParameterType)))})";

    private static string OfArgument(Type type)
    {
        if (type.IsByRef) return OfArgument(type.GetElementType()!) + "@";
        if (type.IsFunctionPointer) return ""; // the compiler leaves them out
        if (type.IsPointer) return OfArgument(type.GetElementType()!) + "*";
        if (type.IsArray) return OfArgument(type.GetElementType()!) + (type.GetArrayRank() == 1 ? "[]" : $"[{string.Join(',', Enumerable.Repeat("0:", type.GetArrayRank()))}]");
        if (type.IsGenericParameter) return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (!type.IsGenericType) return Of(type);
        string[] arguments = [.. type.GetGenericArguments().Select(OfArgument)];
        return OfGeneric(type.GetGenericTypeDefinition(), arguments);
    }

    /// <summary>Each of nested generic types takes the arguments that are its own.</summary>
    private static string OfGeneric(Type definition, ReadOnlySpan<string> arguments)
    {
        int outer = definition.DeclaringType?.GetGenericArguments().Length ?? 0;
        string before = definition.DeclaringType is { } owner ? OfGeneric(owner, arguments[..outer]) : definition.Namespace!;
        string name = definition.Name.Split('`')[0];
        string own = arguments.Length > outer ? $"{{{string.Join(',', arguments[outer..].ToArray())}}}" : "";
        return $"{before}.{name}{own}";
    }
}
