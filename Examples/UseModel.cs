#:project ../Models/Models.csproj
using GenEngine.Models;

using var model = ImageModel.Load(args[0]); // a run folder, or its weights.safetensors
var images = model.Sample(count: 16, seed: 7); // @class: "7" of a conditional model
images.SaveSheet("samples.png");
double[][] codes = model.Encode(images);
model.Decode(codes).SaveSheet("decoded.png");
model.Interpolate(codes[0], codes[1], steps: 12).SaveSheet("path.png", columns: 12);
byte[] raw = images[0].ToArray(), png = images.ToPng(0); // [height, width, channels]; a file's bytes, or WritePng to a stream
Console.WriteLine($"{model.Name}: {images.Count} images of {images.Width}x{images.Height}, the first {raw.Length} bytes, as PNG {png.Length}");
