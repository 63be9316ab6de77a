package avatar

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/muster-accounts/muster"
)

// corner is white but for its upper left quarter, which is of the colour.
func corner(width, height int, c color.Color) *image.NRGBA {
	p := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p.Set(x, y, color.White)
			if x < width/2 && y < height/2 {
				p.Set(x, y, c)
			}
		}
	}
	return p
}

func pngOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func jpegOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func gifOf(t testing.TB, p image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := gif.Encode(&out, p, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// webp is one pixel.
func webp(t testing.TB) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decoded(t *testing.T, p Picture) image.Image {
	t.Helper()
	got, format, err := image.Decode(bytes.NewReader(p.Content))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"png": ".png", "jpeg": ".jpg"}[format]; !strings.HasSuffix(p.Name, want) || len(p.Name) != 64+4 {
		t.Errorf("%s is named %s", format, p.Name)
	}
	return got
}

func TestMake(t *testing.T) {
	t.Parallel()
	half := color.NRGBA{R: 0xff, A: 0x80}
	for _, c := range []struct {
		name   string
		upload []byte
		width  int
		height int
		kind   string
	}{
		{"png", pngOf(t, corner(100, 60, color.Black)), 100, 60, ".jpg"},
		{"clear png", pngOf(t, corner(100, 60, half)), 100, 60, ".png"},
		{"large png", pngOf(t, corner(2000, 1000, color.Black)), 512, 256, ".jpg"},
		{"narrow png", pngOf(t, corner(2, 3000, color.Black)), 1, 512, ".jpg"},
		{"jpeg", jpegOf(t, corner(700, 700, color.Black)), 512, 512, ".jpg"},
		{"gif", gifOf(t, corner(20, 20, color.Black)), 20, 20, ".jpg"},
		{"webp", webp(t), 1, 1, ".png"},
		{"with more behind it", append(pngOf(t, corner(10, 10, color.Black)), "<script>alert(1)</script>"...), 10, 10, ".jpg"},
	} {
		p, err := Make(t.Context(), c.upload)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if b := decoded(t, p).Bounds(); b.Dx() != c.width || b.Dy() != c.height || !strings.HasSuffix(p.Name, c.kind) {
			t.Errorf("%s: %v, %s", c.name, b, p.Name)
		}
		if bytes.Contains(p.Content, []byte("script")) {
			t.Errorf("%s: more than a picture is left", c.name)
		}
		again, err := Make(t.Context(), c.upload)
		if err != nil || again.Name != p.Name {
			t.Errorf("%s: another name for the same picture, %v", c.name, err)
		}
	}
}

// bomb is a PNG of a few bytes that claims to be huge.
func bomb(t *testing.T, width, height uint32) []byte {
	t.Helper()
	b := pngOf(t, corner(1, 1, color.Black))
	binary.BigEndian.PutUint32(b[16:], width)
	binary.BigEndian.PutUint32(b[20:], height)
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

func TestMakeRefuses(t *testing.T) {
	t.Parallel()
	whole := pngOf(t, corner(200, 200, color.Black))
	wrongMagic := bytes.Clone(whole)
	copy(wrongMagic, "GIF89a")
	for name, c := range map[string]struct {
		upload []byte
		code   muster.Code
	}{
		"nothing":        {nil, muster.Invalid},
		"text":           {[]byte("hello"), muster.Invalid},
		"svg":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), muster.Invalid},
		"html":           {[]byte("<html><body>"), muster.Invalid},
		"pdf":            {[]byte("%PDF-1.7\n"), muster.Invalid},
		"wrong magic":    {wrongMagic, muster.Invalid},
		"magic alone":    {whole[:8], muster.Invalid},
		"cut short":      {whole[:len(whole)/2], muster.Invalid},
		"no pixels":      {bomb(t, 0, 0), muster.Invalid},
		"bomb":           {bomb(t, 50_000, 50_000), muster.TooLarge},
		"long bomb":      {bomb(t, 1, 26_000_000), muster.TooLarge},
		"largest bomb":   {bomb(t, 1<<31-1, 1<<31-1), muster.Invalid}, // the decoder itself refuses it
		"lying size":     {bomb(t, 4000, 4000), muster.Invalid},
		"too many bytes": {append(bytes.Clone(whole), make([]byte, MaxUpload)...), muster.TooLarge},
	} {
		if p, err := Make(t.Context(), c.upload); muster.CodeOf(err) != c.code || p.Name != "" {
			t.Errorf("%s: %s, %v", name, p.Name, err)
		}
	}
}

// held is a JPEG whose EXIF says how it was held.
func held(t testing.TB, p image.Image, orientation byte, order string) []byte {
	t.Helper()
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00")
	if order == "II" {
		tiff = []byte("II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00\x00")
	}
	segment := append([]byte("Exif\x00\x00"), tiff...)
	b := jpegOf(t, p)
	head := []byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(segment) + 2)}
	return append(append(head, segment...), b[2:]...)
}

// Whichever way it was held, the dark corner comes out where the orientation
// says that it is.
func TestUpright(t *testing.T) {
	t.Parallel()
	const width, height = 80, 40
	for orientation, at := range map[byte]image.Point{ // of the dark corner, in quarters
		1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}, 0: {0, 0}, 9: {0, 0},
	} {
		for _, order := range []string{"MM", "II"} {
			p, err := Make(t.Context(), held(t, corner(width, height, color.Black), orientation, order))
			if err != nil {
				t.Fatal(err)
			}
			got := decoded(t, p)
			w, h := width, height
			if orientation >= 5 && orientation <= 8 {
				w, h = height, width
			}
			if b := got.Bounds(); b.Dx() != w || b.Dy() != h {
				t.Errorf("orientation %d (%s): %v", orientation, order, b)
				continue
			}
			for _, q := range []image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				r, _, _, _ := got.At(q.X*w/2+w/4, q.Y*h/2+h/4).RGBA()
				if dark := r < 0x8000; dark != (q == at) {
					t.Errorf("orientation %d (%s): quarter %v is dark: %t", orientation, order, q, dark)
				}
			}
		}
	}
}

// Whatever is uploaded is a small picture or a refusal.
func FuzzMake(f *testing.F) {
	for _, seed := range [][]byte{
		pngOf(f, corner(4, 4, color.Black)), jpegOf(f, corner(4, 4, color.Black)), gifOf(f, corner(4, 4, color.Black)), webp(f),
		held(f, corner(4, 4, color.Black), 6, "II"), []byte("RIFF\x00\x00\x00\x00WEBP"), nil,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, upload []byte) {
		p, err := Make(t.Context(), upload)
		if err != nil {
			if code := muster.CodeOf(err); code != muster.Invalid && code != muster.TooLarge {
				t.Fatal(err)
			}
			return
		}
		if b := decoded(t, p).Bounds(); b.Dx() > maxSide || b.Dy() > maxSide || b.Empty() {
			t.Fatal(b)
		}
	})
}
