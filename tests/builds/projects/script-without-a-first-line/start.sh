echo "started $1"
