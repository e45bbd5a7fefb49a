using System.Management.Automation;
using System.Reflection;
using ShoreGuard.HelpBuilder;

// Reads a compiled cmdlet assembly and its documentation comments; writes the MAML that Get-Help reads and a Markdown page for each
// cmdlet, and beside the MAML the types and formats of the records. A cmdlet or parameter that is not documented is an error, so that the help cannot fall behind the code.
if (args is not [var assemblyPath, var mamlPath, var markdownFolder])
{
    Console.Error.WriteLine("usage: ShoreGuard.HelpBuilder ASSEMBLY MAML MARKDOWN-FOLDER");
    return 64;
}

Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
var assembly = Assembly.LoadFrom(Path.GetFullPath(assemblyPath));
var types = assembly.GetExportedTypes().Where(t => !t.IsAbstract && t.GetCustomAttribute<CmdletAttribute>() is not null).ToArray();
var comments = new Comments(
    Directory.GetFiles(Path.GetDirectoryName(assembly.Location)!, "ShoreGuard.*.xml"),
    types.ToDictionary(t => $"T:{t.FullName}", CmdletHelp.NameOf));
var cmdlets = types.Select(t => CmdletHelp.Read(t, comments)).OrderBy(c => c.Name, StringComparer.Ordinal).ToArray();

var gaps = cmdlets.SelectMany(c => c.Gaps()).ToArray();
foreach (var gap in gaps) Console.Error.WriteLine($"{assembly.GetName().Name} : error HELP001: {gap}");
if (gaps.Length > 0) return 1;

Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(mamlPath))!);
File.WriteAllText(mamlPath, Maml.Write(cmdlets));
Markdown.Write(cmdlets, markdownFolder);

var records = RecordColumns.Read(assembly);
var folder = Path.GetDirectoryName(Path.GetFullPath(mamlPath))!;
TypeData.Types(records.Select(record => record.Type)).Save(Path.Combine(folder, "ShoreGuard.Rollback.Types.ps1xml"));
TypeData.Formats(records).Save(Path.Combine(folder, "ShoreGuard.Rollback.Format.ps1xml"));
return 0;
