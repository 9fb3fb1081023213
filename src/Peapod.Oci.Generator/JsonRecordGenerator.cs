using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Peapod.Oci.Generator;

/// <summary>
/// Gives every record marked <c>[JsonRecord]</c> a constructor that reads it from a <c>Utf8JsonReader</c>
/// and a <c>Write</c> to a <c>Utf8JsonWriter</c>, both as straight code: a switch on the length of the name, then a comparison.
/// A property's JSON name is its own with a small first letter, unless it has a <c>[JsonPropertyName]</c>; the order written is the order declared.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class JsonRecordGenerator : IIncrementalGenerator
{
    private const string RecordAttribute = "Peapod.Oci.Json.JsonRecordAttribute";
    private const string NameAttribute = "System.Text.Json.Serialization.JsonPropertyNameAttribute";
    private const string EnumNameAttribute = "System.Text.Json.Serialization.JsonStringEnumMemberNameAttribute";
    private const string OmitDefaultAttribute = "Peapod.Oci.Json.OmitDefaultAttribute";

    private static readonly DiagnosticDescriptor UnsupportedProperty = new(
        "PEA0001", "Property cannot be read from JSON", "{0} of a [JsonRecord] has a type that the generator does not know: {1}",
        "Peapod", DiagnosticSeverity.Error, isEnabledByDefault: true);

    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        // The whole source is made in the transform: strings compare by value, so an edit elsewhere costs nothing downstream.
        IncrementalValuesProvider<Output> outputs = context.SyntaxProvider.ForAttributeWithMetadataName(
            RecordAttribute,
            static (node, _) => node is RecordDeclarationSyntax,
            static (found, _) => Generate((INamedTypeSymbol)found.TargetSymbol));
        context.RegisterSourceOutput(outputs, static (production, output) =>
        {
            if (output.Fault is null)
            {
                production.AddSource(output.File, SourceText.From(output.Text, Encoding.UTF8));
            }
            else
            {
                production.ReportDiagnostic(Diagnostic.Create(UnsupportedProperty, Location.None, output.Fault, output.Text));
            }
        });
    }

    private static Output Generate(INamedTypeSymbol record)
    {
        var fields = new List<Field>();
        foreach (ISymbol member in record.GetMembers())
        {
            if (member is not IPropertySymbol { IsStatic: false, DeclaredAccessibility: Accessibility.Public, SetMethod: not null } property)
            {
                continue;
            }
            Field? field = Describe(property);
            if (field is null)
            {
                return new Output("", property.Type.ToDisplayString(), record.Name + "." + property.Name);
            }
            fields.Add(field);
        }
        return new Output(record.ToDisplayString() + ".Json.g.cs", Emit(record, fields), null);
    }

    private static Field? Describe(IPropertySymbol property)
    {
        ITypeSymbol type = property.Type;
        bool nullable = type.NullableAnnotation == NullableAnnotation.Annotated;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } wrapped)
        {
            type = wrapped.TypeArguments[0];
        }
        var field = new Field(property.Name, JsonName(property), nullable, HasAttribute(property, OmitDefaultAttribute));

        if (Scalar(type) is { } scalar)
        {
            field.Shape = type.SpecialType == SpecialType.System_String ? Shape.Text : Shape.Scalar;
            field.Type = scalar;
            return field;
        }
        if (type is not INamedTypeSymbol named)
        {
            return null;
        }
        if (named.TypeKind == TypeKind.Enum)
        {
            field.Shape = Shape.Enum;
            field.Type = FullName(named);
            foreach (ISymbol member in named.GetMembers())
            {
                if (member is IFieldSymbol { IsConst: true })
                {
                    field.Names.Add(new(member.Name, EnumName(member)));
                }
            }
            return field;
        }
        if (IsValue(named))
        {
            field.Shape = Shape.Value;
            field.Type = FullName(named);
            return field;
        }
        if (named.ContainingNamespace.ToDisplayString() == "System.Text.Json.Nodes")
        {
            field.Shape = Shape.Node;
            field.Type = FullName(named);
            return field;
        }
        if (HasAttribute(named, RecordAttribute))
        {
            field.Shape = Shape.Record;
            field.Type = FullName(named);
            return field;
        }
        if (named is { Name: "IReadOnlyList", TypeArguments.Length: 1 })
        {
            ITypeSymbol item = named.TypeArguments[0];
            field.Shape = Scalar(item) is null ? Shape.RecordList : Shape.ScalarList;
            field.Type = Scalar(item) ?? FullName(item);
            return field.Type is "String" or "UInt32" or "Int64" || HasAttribute(item, RecordAttribute) ? field : null;
        }
        if (named is { Name: "IReadOnlyDictionary", TypeArguments.Length: 2 }
            && named.TypeArguments[0].SpecialType == SpecialType.System_String)
        {
            ITypeSymbol value = named.TypeArguments[1];
            if (IsValue(value))
            {
                field.Shape = Shape.ValueMap;
                field.Type = FullName(value);
                return field;
            }
            field.Shape = Scalar(value) is null ? Shape.RecordMap : Shape.ScalarMap;
            field.Type = Scalar(value) ?? FullName(value);
            return field.Type is "String" || HasAttribute(value, RecordAttribute) ? field : null;
        }
        return null;
    }

    private static string? Scalar(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_String => "String",
        SpecialType.System_Boolean => "Boolean",
        SpecialType.System_UInt16 => "UInt16",
        SpecialType.System_Int32 => "Int32",
        SpecialType.System_UInt32 => "UInt32",
        SpecialType.System_Int64 => "Int64",
        SpecialType.System_UInt64 => "UInt64",
        SpecialType.System_DateTime => "DateTime",
        _ => null,
    };

    private static string FullName(ITypeSymbol type) =>
        type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    private static bool IsValue(ITypeSymbol type)
    {
        foreach (INamedTypeSymbol implemented in type.AllInterfaces)
        {
            if (implemented.OriginalDefinition.ToDisplayString() == "Peapod.Oci.Json.IJsonValue<TSelf>")
            {
                return true;
            }
        }
        return false;
    }

    private static string JsonName(ISymbol property) => Argument(property, NameAttribute) ?? char.ToLowerInvariant(property.Name[0]) + property.Name.Substring(1);

    private static string EnumName(ISymbol member) => Argument(member, EnumNameAttribute) ?? member.Name;

    private static string? Argument(ISymbol symbol, string attributeName)
    {
        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass?.ToDisplayString() == attributeName)
            {
                return (string?)attribute.ConstructorArguments[0].Value;
            }
        }
        return null;
    }

    private static bool HasAttribute(ISymbol symbol, string name)
    {
        foreach (AttributeData attribute in symbol.GetAttributes())
        {
            if (attribute.AttributeClass?.ToDisplayString() == name)
            {
                return true;
            }
        }
        return false;
    }

    private static string Emit(INamedTypeSymbol record, List<Field> fields)
    {
        string name = record.Name;
        string access = record.DeclaredAccessibility == Accessibility.Public ? "public" : "internal";
        var text = new StringBuilder();
        text.Append(
            $$"""
            // <auto-generated/>
            #nullable enable
            using System;
            using System.Text.Json;
            using Peapod.Oci.Json;

            namespace {{record.ContainingNamespace.ToDisplayString()}};

            {{access}} sealed partial record {{name}} : IJsonRecord<{{name}}>
            {
                /// <summary>All fields at their defaults.</summary>
                public {{name}}()
                {
                }

                /// <summary>Reads one document.</summary>
                /// <exception cref="global::Peapod.Oci.SpecException">It is not JSON, or a field has the wrong type.</exception>
                public static {{name}} Parse(ReadOnlySpan<byte> utf8) => JsonIn.Document<{{name}}>(utf8);

                static {{name}} IJsonRecord<{{name}}>.Read(ref Utf8JsonReader reader) => new {{name}}(ref reader);

                /// <summary>The document in UTF-8; indented with tabs, as runc does, when asked.</summary>
                public byte[] ToJson(bool indented = false) => JsonOut.Document(this, indented);


            """);
        EmitRead(text, name, fields);
        text.Append('\n');
        EmitWrite(text, fields);
        EmitEnums(text, fields);
        text.Append("}\n");
        return text.ToString();
    }

    private static void EmitRead(StringBuilder text, string name, List<Field> fields)
    {
        text.Append(
            $$"""
                private {{name}}(ref Utf8JsonReader reader)
                {
                    JsonIn.Object(ref reader);
                    while (JsonIn.Name(ref reader, out ReadOnlySpan<byte> name))
                    {
                        switch (name.Length)
                        {

            """);
        var byLength = new SortedDictionary<int, List<Field>>();
        foreach (Field field in fields)
        {
            if (!byLength.TryGetValue(field.Json.Length, out List<Field>? group))
            {
                byLength.Add(field.Json.Length, group = []);
            }
            group.Add(field);
        }
        foreach (KeyValuePair<int, List<Field>> group in byLength)
        {
            text.Append($"                case {group.Key}:\n");
            foreach (Field field in group.Value)
            {
                text.Append(
                    $$"""
                                        if (name.SequenceEqual("{{field.Json}}"u8))
                                        {
                                            {{field.Name}} = {{ReadExpression(field)}};
                                            continue;
                                        }

                    """);
            }
            text.Append("                    break;\n");
        }
        text.Append(
            """
                        }
                        JsonIn.Unknown(ref reader);
                    }
                }

            """);
    }

    private static string ReadExpression(Field field)
    {
        string whenNull = field.Nullable ? "" : field.Shape switch
        {
            Shape.Text => " ?? \"\"",
            Shape.Scalar => " ?? default",
            Shape.Record => $" ?? new {field.Type}()",
            Shape.ScalarList or Shape.RecordList => " ?? []",
            Shape.ScalarMap => $" ?? JsonMap<string>.Empty",
            Shape.Enum or Shape.Value => " ?? default",
            Shape.Node => $" ?? new {field.Type}()",
            _ => $" ?? JsonMap<{field.Type}>.Empty",
        };
        string read = field.Shape switch
        {
            Shape.Text or Shape.Scalar => $"JsonIn.{field.Type}(ref reader)",
            Shape.Record => $"JsonIn.Record<{field.Type}>(ref reader)",
            Shape.ScalarList => $"JsonIn.{field.Type}List(ref reader)",
            Shape.RecordList => $"JsonIn.RecordList<{field.Type}>(ref reader)",
            Shape.ScalarMap => $"JsonIn.{field.Type}Map(ref reader)",
            Shape.Enum => $"Read{field.Name}(ref reader)",
            Shape.Value => $"JsonIn.Value<{field.Type}>(ref reader)",
            Shape.Node => $"JsonIn.Node<{field.Type}>(ref reader)",
            Shape.ValueMap => $"JsonIn.ValueMap<{field.Type}>(ref reader)",
            _ => $"JsonIn.RecordMap<{field.Type}>(ref reader)",
        };
        return read + whenNull;
    }

    private static void EmitWrite(StringBuilder text, List<Field> fields)
    {
        text.Append(
            """
                /// <summary>Writes the record as one JSON object; what is absent or empty is left out.</summary>
                public void Write(Utf8JsonWriter writer)
                {
                    writer.WriteStartObject();

            """);
        foreach (Field field in fields)
        {
            string key = $"\"{field.Json}\"u8";
            string write = field.Shape switch
            {
                Shape.Text => $"writer.WriteString({key}, {field.Name})",
                Shape.Scalar when field.Type == "Boolean" => $"writer.WriteBoolean({key}, {field.Name}{Value(field)})",
                Shape.Scalar when field.Type == "DateTime" => $"writer.WriteString({key}, {field.Name}{Value(field)})",
                Shape.Scalar => $"writer.WriteNumber({key}, {field.Name}{Value(field)})",
                Shape.Record => $"JsonOut.Record(writer, {key}, {field.Name})",
                Shape.ScalarList => $"JsonOut.{field.Type}List(writer, {key}, {field.Name})",
                Shape.RecordList => $"JsonOut.RecordList(writer, {key}, {field.Name})",
                Shape.ScalarMap => $"JsonOut.{field.Type}Map(writer, {key}, {field.Name})",
                Shape.Enum => $"writer.WriteString({key}, NameOf{field.Name}({field.Name}{Value(field)}))",
                Shape.Value => $"JsonOut.Value(writer, {key}, {field.Name}{Value(field)})",
                Shape.Node => $"JsonOut.Node(writer, {key}, {field.Name})",
                Shape.ValueMap => $"JsonOut.ValueMap(writer, {key}, {field.Name})",
                _ => $"JsonOut.RecordMap(writer, {key}, {field.Name})",
            };
            string? condition = field.Shape switch
            {
                Shape.Text => field.Nullable || field.OmitDefault ? $"!string.IsNullOrEmpty({field.Name})" : null,
                Shape.Scalar => field.Nullable ? $"{field.Name} is not null" : field.OmitDefault ? $"{field.Name} != default" : null,
                Shape.Enum or Shape.Value => field.Nullable ? $"{field.Name} is not null" : field.OmitDefault ? $"{field.Name} != default" : null,
                Shape.Record or Shape.Node => field.Nullable ? $"{field.Name} is not null" : null,
                _ => field.Nullable ? $"{field.Name} is not null" : $"{field.Name}.Count != 0",
            };
            text.Append(condition is null
                ? $"        {write};\n"
                : $$"""
                          if ({{condition}})
                          {
                              {{write}};
                          }

                  """);
        }
        text.Append(
            """
                    writer.WriteEndObject();
                }

            """);
    }

    private static void EmitEnums(StringBuilder text, List<Field> fields)
    {
        foreach (Field field in fields)
        {
            if (field.Shape != Shape.Enum)
            {
                continue;
            }
            text.Append($"\n    private static {field.Type}? Read{field.Name}(ref Utf8JsonReader reader) => JsonIn.String(ref reader) switch\n    {{\n        null => null,\n");
            foreach (KeyValuePair<string, string> name in field.Names)
            {
                text.Append($"        \"{name.Value}\" => {field.Type}.{name.Key},\n");
            }
            text.Append("        string unknown => throw JsonIn.UnknownName(ref reader, unknown),\n    };\n");
            text.Append($"\n    private static string NameOf{field.Name}({field.Type} value) => value switch\n    {{\n");
            foreach (KeyValuePair<string, string> name in field.Names)
            {
                text.Append($"        {field.Type}.{name.Key} => \"{name.Value}\",\n");
            }
            text.Append("        _ => throw new ArgumentOutOfRangeException(nameof(value)),\n    };\n");
        }
    }

    private static string Value(Field field) => field.Nullable ? ".Value" : "";

    private enum Shape
    {
        Text,
        Scalar,
        Record,
        ScalarList,
        RecordList,
        ScalarMap,
        RecordMap,
        Enum,
        Value,
        ValueMap,
        Node,
    }

    private sealed class Field(string name, string json, bool nullable, bool omitDefault)
    {
        public string Name { get; } = name;
        public string Json { get; } = json;
        public List<KeyValuePair<string, string>> Names { get; } = [];
        public bool Nullable { get; } = nullable;
        public bool OmitDefault { get; } = omitDefault;
        public Shape Shape { get; set; }
        public string Type { get; set; } = "";
    }

    private readonly struct Output(string file, string text, string? fault) : System.IEquatable<Output>
    {
        public string File { get; } = file;
        public string Text { get; } = text;
        public string? Fault { get; } = fault;

        public bool Equals(Output other) => File == other.File && Text == other.Text && Fault == other.Fault;
        public override bool Equals(object? obj) => obj is Output other && Equals(other);
        public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);
    }
}
