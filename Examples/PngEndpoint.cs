#:sdk Microsoft.NET.Sdk.Web
#:project ../Models/Models.csproj
using GenEngine.Kernels;
using GenEngine.Models;

// dotnet run Examples/PngEndpoint.cs runs/cvae-digits-1 --urls http://localhost:5000, then http://localhost:5000/sample.png?class=7&seed=3
using var model = ImageModel.Load(args[0]); // one for all requests: calls wait for each other, and each gets what a lone one would
var app = WebApplication.Create(args[1..]);
app.MapGet("/sample.png", (string? @class, ulong? seed) =>
{
    try
    {
        return Results.Bytes(model.Sample(1, @class, seed ?? 0).ToPng(0), "image/png");
    }
    catch (EngineException wrong) // no such class: the sentence says which there are
    {
        return Results.BadRequest(wrong.Message);
    }
});
app.Run();
