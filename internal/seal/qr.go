package seal

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

// quiet is how many modules stay empty around a QR code (ISO/IEC 18004).
const quiet = 4

// QRCode is the URL as a picture for an authenticator's camera: SVG of class
// "qrcode" in the colour of the text around it, as FreeSewing's clients expect.
func (t TOTP) QRCode() (string, error) {
	code, err := qr.Encode(t.URL, qr.M, qr.Auto)
	if err != nil {
		return "", err
	}
	size := code.Bounds().Dx() + 2*quiet
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" class="qrcode" viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="QR code">`+
		`<path fill="currentColor" d="%s"/></svg>`, size, size, outline(code)), nil
}

// outline draws the dark modules, a rectangle for all that touch in a line.
func outline(code barcode.Barcode) string {
	var d strings.Builder
	size := code.Bounds().Dx()
	dark := func(x, y int) bool { return x < size && code.At(x, y) == color.Black }
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&d, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return d.String()
}
