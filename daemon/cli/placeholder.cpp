namespace candled {}
