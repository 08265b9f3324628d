// One session of the vendor's Go client against `tgdb serve`.
//
// usage: session URL [wrong-password | unknown-database]
//
// With a second argument it tries only to connect that way. Both are runs of their own, as this
// client neither returns nor stops then.
//
// Prints one line for each step. Exits with 0 if all steps did what is expected, with 1 if one
// failed, with 3 if one did not end within TGDB_INTEROP_SECONDS (10 by default). The client reads
// the authority to trust, for ssl:// URLs, from the file that SSL_CERT_FILE names.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"tgdb"
	"tgdb/factory"
	"tgdb/impl"
)

const (
	user     = "scott"
	password = "tiger"
	database = "routes"
	code     = "ZZY"
	notes    = "Volcanic ash can close the airport at short notice."
)

var (
	label      string
	failed     bool
	connection tgdb.TGConnection
)

func main() {
	what := append(os.Args, "")[2:]
	if len(what) == 0 || len(what) > 2 {
		fmt.Fprintln(os.Stderr, "usage: session URL [wrong-password | unknown-database]")
		os.Exit(2)
	}
	url := os.Args[1]
	label = "go " + strings.SplitN(url, ":", 2)[0]
	switch what[0] {
	case "wrong-password":
		run("wrong password", func() string { return refused(url, database, "wrong") })
	case "unknown-database":
		run("unknown database", func() string { return refused(url, "nowhere", password) })
	default:
		if run("connect", func() string {
			connection = connect(url, database, password)
			return "login"
		}) {
			session()
		}
	}
	if failed {
		os.Exit(1)
	}
}

func connect(url, database, password string) tgdb.TGConnection {
	environment := map[string]string{"tgdb.connection.dbName": database}
	made, err := factory.GetConnectionFactory().CreateConnection(url, user, password, environment)
	check(err)
	check(made.Connect())
	return made
}

func refused(url, database, password string) (outcome string) {
	defer func() {
		reason := recover()
		if reason == nil {
			panic("not refused")
		}
		outcome = fmt.Sprint("refused: ", reason)
	}()
	connect(url, database, password)
	return
}

func session() {
	run("metadata", func() string {
		metadata, err := connection.GetGraphMetadata(true)
		check(err)
		nodes, err := metadata.GetNodeTypes()
		check(err)
		edges, err := metadata.GetEdgeTypes()
		check(err)
		return fmt.Sprintf("%d node types, %d edge types", len(nodes), len(edges))
	})
	run("query", func() string {
		return expect(query("gremlin://g.V().has('airport','iata','FRA').values('name');"), "Frankfurt am Main")
	})
	run("commit of a node", func() string {
		metadata, err := connection.GetGraphMetadata(false)
		check(err)
		airport, err := metadata.GetNodeType("airport")
		check(err)
		node, err := objects().CreateNodeInGraph(airport)
		check(err)
		check(node.SetOrCreateAttribute("iata", code))
		check(node.SetOrCreateAttribute("name", "Inserted"))
		check(connection.InsertEntity(node))
		commit()
		return "inserted " + code
	})
	run("get entity", func() string { return expect(name(), "Inserted") })
	run("update", func() string {
		rename("Updated")
		commit()
		return expect(name(), "Updated")
	})
	run("rollback", func() string {
		rename("Rolled back")
		check(connection.Rollback())
		return expect(name(), "Updated")
	})
	run("large object", func() string {
		// Not by its key: what is near comes along then, and over TLS this client fails on replies
		// that are longer than a record.
		node := query("gremlin://g.V().has('airport','iata','KEF');").(tgdb.TGEntity)
		text := string(node.GetAttribute("notes").(interface{ GetAsBytes() []byte }).GetAsBytes())
		// The client's reader of byte strings leaves its buffer as it was.
		if text == strings.Repeat("\x00", len(notes)) {
			return fmt.Sprintf("%d bytes, all of them 0", len(text))
		}
		return expect(text, notes)
	})
	run("delete", func() string {
		check(connection.DeleteEntity(find(code)))
		commit()
		if find(code) != nil {
			panic("still there")
		}
		return "gone"
	})
	run("disconnect", func() string {
		check(connection.Disconnect())
		return "closed"
	})
}

func objects() tgdb.TGGraphObjectFactory {
	objects, err := connection.GetGraphObjectFactory()
	check(err)
	return objects
}

func commit() {
	_, err := connection.Commit()
	check(err)
}

func query(text string) interface{} {
	results, err := connection.ExecuteQuery(text, impl.NewQueryOption())
	check(err)
	return results.Next()
}

func find(code string) tgdb.TGEntity {
	key, err := objects().CreateCompositeKey("airport")
	check(err)
	check(key.SetOrCreateAttribute("iata", code))
	entity, err := connection.GetEntity(key, impl.NewQueryOption())
	check(err)
	return entity
}

func name() interface{} {
	return find(code).GetAttribute("name").GetValue()
}

func rename(name string) {
	node := find(code)
	check(node.SetOrCreateAttribute("name", name))
	check(connection.UpdateEntity(node))
}

func check(err tgdb.TGError) {
	if err != nil {
		panic(err.Error())
	}
}

func expect(actual interface{}, expected string) string {
	if actual != expected {
		panic(fmt.Sprintf("%v, expected %v", actual, expected))
	}
	return expected
}

// Runs a step beside the program, so that one that hangs is noticed.
func run(name string, step func() string) bool {
	seconds, err := strconv.ParseFloat(os.Getenv("TGDB_INTEROP_SECONDS"), 64)
	if err != nil {
		seconds = 10
	}
	failure, success := make(chan interface{}, 1), make(chan string, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				failure <- reason
			}
		}()
		success <- step()
	}()
	select {
	case text := <-success:
		say(name, "ok: "+text)
		return true
	case reason := <-failure:
		failed = true
		say(name, fmt.Sprint("FAILED: ", reason))
	case <-time.After(time.Duration(seconds * float64(time.Second))):
		say(name, fmt.Sprintf("HUNG for %v s", seconds))
		os.Exit(3)
	}
	return false
}

func say(name, text string) {
	fmt.Printf("%s: %s: %s\n", label, name, text)
}
