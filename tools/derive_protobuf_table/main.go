// Derives the field numbers of Kubernetes' protobuf encoding from the struct tags of its own Go types.
//
// Usage: go mod init derive && go get k8s.io/client-go@v0.37.2 && go run . | gzip -9n > ../../src/dokaseca/dock/data/protobuf.json.gz
//
// Output: {"kinds": {"group/version/Kind": type}, "types": {type: {number: [name, kind, type of messages, flags]}}}.
// Flags: r repeated, m map by string, o zero values are left out of JSON, i fields belong to the parent.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"
)

var special = map[string]string{
	"v1.Time": "time", "v1.MicroTime": "microtime", "resource.Quantity": "quantity", "intstr.IntOrString": "intstr",
	"runtime.RawExtension": "raw", "v1.FieldsV1": "fields", "v1.Duration": "duration",
}

var types = map[string]map[string][]string{}

func name(t reflect.Type) string {
	path := strings.TrimPrefix(t.PkgPath(), "k8s.io/")
	path = strings.TrimPrefix(path, "api/")
	path = strings.TrimPrefix(path, "apimachinery/pkg/apis/")
	return path + "." + t.Name()
}

func kind(t reflect.Type) (string, string, string) {
	flags := ""
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if found, ok := special[t.String()]; ok {
		return found, "", flags
	}
	switch t.Kind() {
	case reflect.String:
		return "string", "", flags
	case reflect.Bool:
		return "bool", "", flags
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint32, reflect.Uint64:
		return "int", "", flags
	case reflect.Float64:
		return "double", "", flags
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes", "", flags
		}
		if t.Name() != "" && t.Elem().Kind() == reflect.String {
			return "strings", "", flags
		}
		inner, of, _ := kind(t.Elem())
		return inner, of, "r"
	case reflect.Map:
		inner, of, _ := kind(t.Elem())
		return inner, of, "m"
	case reflect.Struct:
		walk(t)
		return "message", name(t), flags
	}
	panic(fmt.Sprint("unknown kind ", t))
}

func walk(t reflect.Type) {
	if _, ok := types[name(t)]; ok {
		return
	}
	fields := map[string][]string{}
	types[name(t)] = fields
	for i := 0; i < t.NumField(); i++ {
		field := t.Field(i)
		tag := field.Tag.Get("protobuf")
		if tag == "" || tag == "-" {
			continue
		}
		number := strings.Split(tag, ",")[1]
		parts := strings.Split(field.Tag.Get("json"), ",")
		inner, of, flags := kind(field.Type)
		for _, option := range parts[1:] {
			if option == "inline" {
				flags += "i"
			}
			if (option == "omitempty" || option == "omitzero") && field.Type.Kind() != reflect.Pointer {
				flags += "o"
			}
		}
		if parts[0] == "" && !strings.Contains(flags, "i") {
			flags += "i"
		}
		if inner == "message" && field.Type.Kind() == reflect.Struct && !strings.Contains(flags, "o") {
			flags += "o"
		}
		fields[number] = []string{parts[0], inner, of, flags}
	}
}

func main() {
	kinds := map[string]string{}
	stable := regexp.MustCompile(`^v[12]$`)
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if !stable.MatchString(gvk.Version) || strings.HasSuffix(gvk.Kind, "List") || strings.HasSuffix(gvk.Kind, "Options") && gvk.Kind != "DeleteOptions" {
			continue
		}
		if gvk.Kind == "WatchEvent" || gvk.Kind == "Status" || strings.HasPrefix(gvk.Kind, "API") {
			continue
		}
		walk(t)
		kinds[gvk.GroupVersion().String()+"/"+gvk.Kind] = name(t)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	if err := out.Encode(map[string]any{"kinds": kinds, "types": types}); err != nil {
		panic(err)
	}
}
