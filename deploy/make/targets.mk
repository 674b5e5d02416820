# Targets that start servers, check the style or install; the build itself is in the Makefile.

install: all ## Install programs, contracts and sample configuration (PREFIX, DESTDIR)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/tidegate/contracts
	install -m 755 bin/ingestor $(DESTDIR)$(PREFIX)/bin/tidegate-ingestor
	install -m 755 bin/worker $(DESTDIR)$(PREFIX)/bin/tidegate-worker
	install -m 755 bin/loadtest $(DESTDIR)$(PREFIX)/bin/tidegate-loadtest
	install -m 644 config/contracts/*.json $(DESTDIR)$(PREFIX)/share/tidegate/contracts/
	install -m 644 config/*.yaml $(DESTDIR)$(PREFIX)/share/tidegate/
