package avatar

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	_ "image/gif" // reads the first picture of one that moves
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // a format that phones upload

	"github.com/muster-accounts/muster"
)

const (
	// MaxUpload is how large an upload may be, in bytes.
	MaxUpload = 10 << 20
	// maxPixels bounds what is decoded: a few kilobytes can claim to be
	// gigapixels. 25 megapixels are more than most cameras have, and take
	// 100 MB for the time being.
	maxPixels = 25_000_000
	// maxSide is the greater side of what is kept, in pixels.
	maxSide = 512
	quality = 85
)

// Picture is a picture as it is kept.
type Picture struct {
	Name    string // SHA-256 of Content in hexadecimal, and the kind: .png or .jpg
	Content []byte
}

// decoding bounds how many pictures are decoded at a time in this process,
// since each may take as much memory as maxPixels does.
var decoding = make(chan struct{}, 2)

// Make makes a picture of an upload: PNG, JPEG, GIF or WebP, told by its
// content. Everything else is Invalid, and TooLarge what is too large.
func Make(ctx context.Context, upload []byte) (Picture, error) {
	if len(upload) > MaxUpload {
		return Picture{}, muster.Errorf(muster.TooLarge, "picture", "must not be larger than %d bytes", MaxUpload)
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(upload))
	if err != nil || config.Width < 1 || config.Height < 1 {
		return Picture{}, muster.Errorf(muster.Invalid, "picture", "must be a PNG, JPEG, GIF or WebP image")
	}
	if int64(config.Width)*int64(config.Height) > maxPixels {
		return Picture{}, muster.Errorf(muster.TooLarge, "picture", "has %d x %d pixels; at most %d are taken", config.Width, config.Height, maxPixels)
	}
	select {
	case decoding <- struct{}{}:
		defer func() { <-decoding }()
	case <-ctx.Done():
		return Picture{}, muster.Errorf(muster.Unavailable, "", "the request ended before its turn came")
	}
	whole, _, err := image.Decode(bytes.NewReader(upload))
	if err != nil {
		return Picture{}, muster.Errorf(muster.Invalid, "picture", "is damaged")
	}
	small := shrink(whole)
	if format == "jpeg" {
		small = upright(small, orientation(upload))
	}
	return encode(small)
}

// shrink fits an image into maxSide, and never makes it larger.
func shrink(whole image.Image) *image.NRGBA {
	b := whole.Bounds()
	width, height := b.Dx(), b.Dy()
	if longest := max(width, height); longest > maxSide {
		width, height = max(1, width*maxSide/longest), max(1, height*maxSide/longest)
	}
	small := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(small, small.Bounds(), whole, b, draw.Src, nil)
	return small
}

// encode keeps transparency where there is some.
func encode(small *image.NRGBA) (Picture, error) {
	var out bytes.Buffer
	var err error
	kind := ".jpg"
	if opaque(small) {
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: quality})
	} else {
		kind, err = ".png", png.Encode(&out, small)
	}
	sum := sha256.Sum256(out.Bytes())
	return Picture{Name: hex.EncodeToString(sum[:]) + kind, Content: out.Bytes()}, err
}

func opaque(small *image.NRGBA) bool {
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			if c, ok := small.At(x, y).(color.NRGBA); ok && c.A != 0xff {
				return false
			}
		}
	}
	return true
}
