#!/usr/bin/env python3
"""Prints what a clean Debian needs to install a package: every essential package and every package in the closure of its
dependencies, as they are installed on this machine. Then the files of them all.

  closure.py packages DEPENDS     names, one a line; DEPENDS as in a control file: "libc6 (>= 2.34), systemd"
  closure.py files NAME...        paths, with merged /usr resolved, so that tar can copy them as they are
"""
import os
import re
import subprocess
import sys


def query(form):
    return subprocess.run(["dpkg-query", "-W", "-f", form], check=True, capture_output=True, text=True).stdout.splitlines()


def alternatives(depends):
    """"a (>= 1) | b, c:any" -> [["a", "b"], ["c"]]"""
    groups = [[re.sub(r"[\s(:\[].*", "", one.strip()) for one in group.split("|")] for group in depends.split(",")]
    return [[name for name in group if name] for group in groups if any(group)]


def packages(depends):
    needs, provided_by, todo = {}, {}, []
    for line in query("${binary:Package}\t${Essential}\t${Pre-Depends}, ${Depends}\t${Provides}\t${db:Status-Abbrev}\n"):
        name, essential, wanted, provides, status = line.split("\t")
        if not status.startswith("ii"):
            continue
        needs[name.split(":")[0]] = wanted
        for group in alternatives(provides):
            provided_by.setdefault(group[0], name.split(":")[0])
        if essential == "yes":
            todo.append(name)
    found = set()
    wanted = [[name.split(":")[0]] for name in todo] + alternatives(depends)
    while wanted:
        group = wanted.pop()
        name = next((one for one in group if one in needs), None) or next(
            (provided_by[one] for one in group if one in provided_by), None)
        if name is None:
            sys.exit(f"closure: none of {group} is installed here")
        if name not in found:
            found.add(name)
            wanted += alternatives(needs[name])
    print("\n".join(sorted(found)))


def files(names):
    listed = subprocess.run(["dpkg-query", "-L", *names], check=True, capture_output=True, text=True).stdout.splitlines()
    found = {"/bin", "/sbin", "/lib", "/lib64", "/etc/alternatives"}
    for path in listed:
        if path.startswith("/") and os.path.lexists(path) and path not in ("/", "/."):
            found.add(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)))
    for name in os.listdir("/etc/alternatives"):
        found.add("/etc/alternatives/" + name)
    print("\n".join(sorted(path[1:] for path in found)))


if sys.argv[1] == "packages":
    packages(sys.argv[2])
else:
    files(sys.argv[2:])
