package avatar

import (
	"encoding/binary"
	"image"
)

// Phones write a picture as their sensor sees it, and how it was held into
// EXIF; without that it would lie on its side.

// orientationTag is EXIF's number for it.
const orientationTag = 0x0112

// orientation is EXIF's orientation of a JPEG, from 1 (upright) to 8; 1 where
// there is none that can be read.
func orientation(jpeg []byte) int {
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xff; {
		marker, size := jpeg[at+1], int(binary.BigEndian.Uint16(jpeg[at+2:]))
		end := at + 2 + size
		if marker == 0xda || size < 2 || end > len(jpeg) { // the picture itself
			return 1
		}
		if segment := jpeg[at+4 : end]; marker == 0xe1 && len(segment) > 6 && string(segment[:6]) == "Exif\x00\x00" {
			return orientationIn(segment[6:])
		}
		at = end
	}
	return 1
}

// orientationIn looks through the first directory of a TIFF.
func orientationIn(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if tiff[0] == 'I' {
		order = binary.LittleEndian
	}
	directory := int64(order.Uint32(tiff[4:]))
	if directory+2 > int64(len(tiff)) {
		return 1
	}
	entries := tiff[directory+2:]
	for range order.Uint16(tiff[directory:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == orientationTag {
			if value := int(order.Uint16(entries[8:])); value >= 1 && value <= 8 {
				return value
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// upright turns a picture the way EXIF's orientation says it was held.
func upright(p *image.NRGBA, orientation int) *image.NRGBA {
	if orientation == 1 {
		return p
	}
	width, height := p.Rect.Dx(), p.Rect.Dy()
	size := image.Rect(0, 0, width, height)
	if orientation >= 5 { // on its side
		size = image.Rect(0, 0, height, width)
	}
	turned := image.NewNRGBA(size)
	for y := range height {
		for x := range width {
			toX, toY := x, y
			switch orientation {
			case 2:
				toX = width - 1 - x
			case 3:
				toX, toY = width-1-x, height-1-y
			case 4:
				toY = height - 1 - y
			case 5:
				toX, toY = y, x
			case 6:
				toX, toY = height-1-y, x
			case 7:
				toX, toY = height-1-y, width-1-x
			case 8:
				toX, toY = y, width-1-x
			}
			turned.SetNRGBA(toX, toY, p.NRGBAAt(x, y))
		}
	}
	return turned
}
