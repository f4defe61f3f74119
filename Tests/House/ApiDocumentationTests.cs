using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using GenEngine.Kernels.Devices;
using GenEngine.Models;
using NUnit.Framework;

namespace GenEngine.Tests.House;

/// <summary>
/// What editors show at a public name. Overrides and implementations show what they override or implement; constructors and the properties
/// of a record's header are described at the type. The compiler's own check (CS1591) knows neither.
/// </summary>
public sealed class ApiDocumentationTests
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly[] s_assemblies = [typeof(Device).Assembly, typeof(Tensor).Assembly, typeof(ImageModel).Assembly];

    [TestCaseSource(nameof(s_assemblies))]
    public void Every_public_name_says_what_it_is(Assembly assembly)
    {
        var described = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member")
            .Where(member => member.Elements().Any(element => element.Name.LocalName is "summary" or "inheritdoc" or "param"))
            .Select(member => member.Attribute("name")!.Value).ToHashSet();
        Assert.That(described, Has.Count.GreaterThan(100), "the XML lies beside the assembly");
        string[] missing = [.. assembly.GetExportedTypes().SelectMany(Names).Where(name => !described.Contains(name)).Order()];
        Assert.That(missing, Is.Empty, $"without a summary:\n{string.Join('\n', missing)}\n");
    }

    private static IEnumerable<string> Names(Type type)
    {
        yield return "T:" + DocId.Of(type);
        if (type.BaseType == typeof(MulticastDelegate)) yield break;
        var shown = Shown(type);
        foreach (var member in type.GetMembers(Declared).Where(member => member is not (Type or ConstructorInfo) && !member.IsDefined(typeof(CompilerGeneratedAttribute))))
        {
            switch (member)
            {
                case FieldInfo { IsSpecialName: false } field when field.IsPublic || field.IsFamily:
                    yield return "F:" + DocId.Of(field);
                    break;
                case MethodInfo method when (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && IsOwn(method, shown):
                    yield return "M:" + DocId.Of(method);
                    break;
                case PropertyInfo property when IsOwn(property.GetMethod ?? property.SetMethod!, shown) && !IsOfHeader(property):
                    yield return "P:" + DocId.Of(property);
                    break;
                case EventInfo change when IsOwn(change.AddMethod!, shown):
                    yield return "E:" + DocId.Of(change);
                    break;
            }
        }
    }

    /// <summary>Methods that implement an interface's.</summary>
    private static HashSet<MethodInfo> Shown(Type type) => type.IsInterface
        ? []
        : [.. type.GetInterfaces().SelectMany(wanted => type.GetInterfaceMap(wanted).TargetMethods)];

    private static bool IsOwn(MethodInfo method, HashSet<MethodInfo> shown) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && method.GetBaseDefinition() == method && !shown.Contains(method);

    private static bool IsOfHeader(PropertyInfo property) =>
        property.GetMethod!.IsDefined(typeof(CompilerGeneratedAttribute)) && property.DeclaringType!.GetMethod("<Clone>$") is not null | property.DeclaringType.IsValueType
        && property.DeclaringType.GetConstructors().Any(made => made.GetParameters().Any(parameter => parameter.Name == property.Name && parameter.ParameterType == property.PropertyType));
}
