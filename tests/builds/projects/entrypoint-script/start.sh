#!/bin/sh
echo "$STARTED $*"
